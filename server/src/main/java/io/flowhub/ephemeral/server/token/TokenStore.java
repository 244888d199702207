package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The rules of login tokens: one a user, used once, by one caller. */
final class TokenStore {

    private static final String TTL_MILLIS = millis(Duration.ofMinutes(10));
    private static final String REQUEST_TTL_MILLIS = millis(Duration.ofMinutes(1));

    private static final Script ISSUE = Script.load("token/issue");
    private static final Script VERIFY = Script.load("token/verify");
    private static final Script CONSUME = Script.load("token/consume");
    private static final Script CONSUME_ONCE = Script.load("token/consume_once");
    private static final Script REVOKE = Script.load("token/revoke");

    private final RedisClient redis;

    TokenStore(RedisClient redis) {
        this.redis = redis;
    }

    /** @param endMillis since 1970, by the clock of Redis */
    record Issued(LoginToken token, long endMillis) {}

    /** @param endMillis since 1970, by the clock of Redis; 0 if the token is not valid */
    record Validity(boolean valid, long endMillis) {}

    CompletableFuture<Issued> issue(String userId) {
        LoginToken token = LoginToken.random(userId);
        List<String> args = List.of(token.digest(), TTL_MILLIS);
        return redis.call(
                new Operation<>(ISSUE, List.of(token.key()), args, reply -> new Issued(token, reply.number(0))));
    }

    CompletableFuture<Validity> verify(LoginToken token) {
        return redis.call(new Operation<>(
                VERIFY,
                List.of(token.key()),
                List.of(token.digest()),
                reply -> new Validity(reply.number(0) == 1, reply.number(1))));
    }

    /** Returns whether the token was right, and this caller is the one who used it up. */
    CompletableFuture<Boolean> consume(LoginToken token) {
        return call(CONSUME, List.of(token.key()), List.of(token.digest()));
    }

    /** As {@link #consume}, and true again for a repetition of the same request within a minute. */
    CompletableFuture<Boolean> consumeOnce(LoginToken token, String requestId) {
        return call(
                CONSUME_ONCE,
                List.of(token.key(), token.requestKey(requestId)),
                List.of(token.digest(), REQUEST_TTL_MILLIS));
    }

    /** Ends whichever token the user has. Returns whether there was one. */
    CompletableFuture<Boolean> revoke(String userId) {
        return call(REVOKE, List.of(TokenKeys.login(userId)), List.of());
    }

    private CompletableFuture<Boolean> call(Script script, List<String> keys, List<String> args) {
        return redis.call(new Operation<>(script, keys, args, reply -> reply.number(0) == 1));
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}

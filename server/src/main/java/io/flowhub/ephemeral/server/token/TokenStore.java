package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Login tokens in Redis: at most one per user, consumed at most once. */
final class TokenStore {

    private static final String TOKEN_TTL_MILLIS = millis(Duration.ofMinutes(10));
    private static final String IDEMPOTENCY_TTL_MILLIS = millis(Duration.ofMinutes(1));

    private static final Script ISSUE = Script.load("token/issue_login_token");
    private static final Script VERIFY = Script.load("token/verify_login_token");
    private static final Script CONSUME = Script.load("token/consume_login_token");
    private static final Script CONSUME_ONCE = Script.load("token/consume_login_token_once");
    private static final Script REVOKE = Script.load("token/revoke_login_token");

    private final RedisClient redis;
    private final MemoryPressure pressure;

    TokenStore(RedisClient redis, MemoryPressure pressure) {
        this.redis = redis;
        this.pressure = pressure;
    }

    /** @param expireMillis since 1970, by the clock of Redis */
    record Issued(LoginToken token, long expireMillis) {}

    /** @param expireMillis since 1970, by the clock of Redis; 0 if the token is not valid */
    record Validity(boolean valid, long expireMillis) {}

    CompletableFuture<Issued> issue(String userId) {
        LoginToken token = LoginToken.random(userId);
        List<String> args = List.of(token.digest(), TOKEN_TTL_MILLIS);
        return pressure.admit(
                StateClass.FLAGS_AND_TOKENS,
                () -> redis.call(new Operation<>(
                        ISSUE, List.of(token.key()), args, reply -> new Issued(token, reply.number(0)))));
    }

    CompletableFuture<Validity> verify(LoginToken token) {
        return redis.call(new Operation<>(
                VERIFY,
                List.of(token.key()),
                List.of(token.digest()),
                reply -> new Validity(reply.number(0) == 1, reply.number(1))));
    }

    /** Returns whether this call consumed the token. */
    CompletableFuture<Boolean> consume(LoginToken token) {
        return call(CONSUME, List.of(token.key()), List.of(token.digest()));
    }

    /** Like {@link #consume}, but a retry with the same request id and token within a minute returns true again. */
    CompletableFuture<Boolean> consumeOnce(LoginToken token, String requestId) {
        return call(
                CONSUME_ONCE,
                List.of(token.key(), token.idempotencyKey(requestId)),
                List.of(token.digest(), IDEMPOTENCY_TTL_MILLIS));
    }

    /** Removes the token of the user, whatever its value. Returns whether there was one. */
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

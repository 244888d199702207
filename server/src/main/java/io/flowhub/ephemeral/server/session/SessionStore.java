package io.flowhub.ephemeral.server.session;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The rules of session flags: what is asked of Redis. Keys are {@code session:<user>:<flag>}. */
final class SessionStore {

    private static final Script SET = Script.load("session/set");
    private static final Script GET = Script.load("session/get");
    private static final Script CONSUME = Script.load("session/consume");
    private static final Script CONSUME_EXPECTED = Script.load("session/consume_expected");
    private static final Script CLEAR = Script.load("session/clear");

    private final RedisClient redis;

    SessionStore(RedisClient redis) {
        this.redis = redis;
    }

    /** Returns when the flag ends, in milliseconds since 1970. */
    CompletableFuture<Long> set(String key, String value, long ttlMillis) {
        List<String> args = List.of(value, Long.toString(ttlMillis));
        return redis.call(new Operation<>(SET, List.of(key), args, reply -> reply.number(0)));
    }

    CompletableFuture<SessionFlag> get(String key) {
        return redis.call(new Operation<>(
                GET,
                List.of(key),
                List.of(),
                reply -> new SessionFlag(reply.number(0) == 1, reply.text(1), reply.number(2))));
    }

    /** Removes the flag. Returns what it was, if this caller is the one who removed it. */
    CompletableFuture<SessionFlag> consume(String key) {
        return take(CONSUME, key, List.of());
    }

    /** Removes the flag if it has this value. Returns what it was, if this caller is the one who removed it. */
    CompletableFuture<SessionFlag> consume(String key, String expected) {
        return take(CONSUME_EXPECTED, key, List.of(expected));
    }

    private CompletableFuture<SessionFlag> take(Script script, String key, List<String> args) {
        return redis.call(new Operation<>(
                script, List.of(key), args, reply -> new SessionFlag(reply.number(0) == 1, reply.text(1), 0)));
    }

    /** Removes the flag. Returns whether it was set. */
    CompletableFuture<Boolean> clear(String key) {
        return redis.call(new Operation<>(CLEAR, List.of(key), List.of(), reply -> reply.number(0) == 1));
    }
}

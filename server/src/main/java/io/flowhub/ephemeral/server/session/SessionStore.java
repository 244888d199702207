package io.flowhub.ephemeral.server.session;

import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Session flags in Redis: each has a TTL, and reads never extend it. */
final class SessionStore {

    private static final Script SET = Script.load("session/set_session_flag");
    private static final Script GET = Script.load("session/get_session_flag");
    private static final Script CONSUME = Script.load("session/consume_session_flag");
    private static final Script CONSUME_EXPECTED = Script.load("session/consume_expected_session_flag");
    private static final Script CLEAR = Script.load("session/clear_session_flag");

    private final RedisClient redis;
    private final MemoryPressure pressure;

    SessionStore(RedisClient redis, MemoryPressure pressure) {
        this.redis = redis;
        this.pressure = pressure;
    }

    /** Returns when the flag expires, in milliseconds since 1970 by the clock of Redis. */
    CompletableFuture<Long> set(SessionFlagId id, String value, long ttlMillis) {
        List<String> args = List.of(value, Long.toString(ttlMillis));
        return pressure.admit(
                StateClass.FLAGS_AND_TOKENS,
                () -> redis.call(new Operation<>(SET, List.of(id.key()), args, reply -> reply.number(0))));
    }

    CompletableFuture<SessionFlag> get(SessionFlagId id) {
        return redis.call(new Operation<>(
                GET,
                List.of(id.key()),
                List.of(),
                reply -> new SessionFlag(reply.number(0) == 1, reply.text(1), reply.number(2))));
    }

    /** Removes the flag. Returns the flag that this call removed. */
    CompletableFuture<SessionFlag> consume(SessionFlagId id) {
        return consume(CONSUME, id, List.of());
    }

    /** Removes the flag if it has the expected value. Returns the flag that this call removed. */
    CompletableFuture<SessionFlag> consume(SessionFlagId id, String expectedValue) {
        return consume(CONSUME_EXPECTED, id, List.of(expectedValue));
    }

    private CompletableFuture<SessionFlag> consume(Script script, SessionFlagId id, List<String> args) {
        return redis.call(new Operation<>(
                script, List.of(id.key()), args, reply -> new SessionFlag(reply.number(0) == 1, reply.text(1), 0)));
    }

    /** Removes the flag, whatever its value. Returns whether it was set. */
    CompletableFuture<Boolean> clear(SessionFlagId id) {
        return redis.call(new Operation<>(CLEAR, List.of(id.key()), List.of(), reply -> reply.number(0) == 1));
    }
}

package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Sets, reads and clears feature flags in Redis. A query with a default gets the default if Redis cannot be read. */
final class FlagStore {

    private static final Script SET = Script.load("flag/set_flag");
    private static final Script GET = Script.load("flag/get_flag");
    private static final Script CLEAR = Script.load("flag/clear_flag");

    private final RedisClient redis;
    private final MemoryPressure pressure;

    FlagStore(RedisClient redis, MemoryPressure pressure) {
        this.redis = redis;
        this.pressure = pressure;
    }

    /** Returns when the feature flag expires, in milliseconds since 1970. */
    CompletableFuture<Long> set(String key, String value, long ttlMillis) {
        List<String> args = List.of(value, Long.toString(ttlMillis));
        return pressure.admit(
                StateClass.FLAGS_AND_TOKENS,
                () -> redis.call(new Operation<>(SET, List.of(key), args, reply -> reply.number(0))));
    }

    /** Fails with the error of Redis if the query has no default; otherwise the error is part of the result. */
    CompletableFuture<FlagResult> get(FlagQuery query) {
        CompletableFuture<FlagResult> result =
                redis.call(new Operation<>(GET, List.of(query.key()), List.of(), reply -> result(query, reply)));
        String defaultValue = query.defaultValue();
        return defaultValue == null
                ? result
                : result.exceptionallyCompose(failure -> isRedisError(failure)
                        ? CompletableFuture.completedFuture(new FlagResult.Failed(defaultValue, failure))
                        : CompletableFuture.failedFuture(failure));
    }

    private static FlagResult result(FlagQuery query, Reply reply) {
        return reply.number(0) == 1
                ? new FlagResult.Set(reply.text(1), reply.number(2))
                : new FlagResult.Unset(query.fallback());
    }

    /** False for a cancelled call, which needs no default, and for a server defect, which a default must not hide. */
    private static boolean isRedisError(Throwable failure) {
        Throwable cause = Futures.unwrap(failure);
        return cause instanceof RedisUnavailableException
                || cause instanceof OverloadedException
                || cause instanceof RedisRejectedException;
    }

    /** Removes the feature flag. Returns whether it was set. */
    CompletableFuture<Boolean> clear(String key) {
        return redis.call(new Operation<>(CLEAR, List.of(key), List.of(), reply -> reply.number(0) == 1));
    }
}

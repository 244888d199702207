package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.redis.CountedChannel;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Sets, reads and clears feature flags in Redis, and announces which features change. A query with a default gets the default
 * if Redis cannot be read.
 */
public final class FlagStore {

    /** The scripts publish to it the feature of each flag that is set or cleared, without the user. */
    private static final String CHANNEL = "ephemeral:flag";

    private static final Script SET = Script.load("flag/set_flag");
    private static final Script GET = Script.load("flag/get_flag");
    private static final Script GET_ALL = Script.load("flag/get_flags");
    private static final Script CLEAR = Script.load("flag/clear_flag");

    private static final int REPLY_VALUES_PER_FLAG = 3;

    private final RedisClient redis;
    private final MemoryPressure pressure;
    private final CountedChannel announcements;

    public FlagStore(RedisClient redis, MemoryPressure pressure) {
        this.redis = redis;
        this.pressure = pressure;
        this.announcements = redis.countedChannel(CHANNEL);
    }

    /** Returns when the feature flag expires, in milliseconds since 1970. */
    CompletableFuture<Long> set(String feature, String userId, String value, long ttlMillis) {
        List<String> keys = List.of(FlagKeys.flag(feature, userId));
        List<String> args = List.of(value, Long.toString(ttlMillis), announcements.prefix() + feature);
        return pressure.admit(
                StateClass.FLAGS_AND_TOKENS,
                () -> redis.call(new Operation<>(SET, keys, args, reply -> {
                    announcements.onPublished();
                    return reply.number(0);
                })));
    }

    /** Fails with the error of Redis if the query has no default; otherwise the error is part of the result. */
    public CompletableFuture<FlagResult> get(FlagQuery query) {
        CompletableFuture<FlagResult> result =
                redis.call(new Operation<>(GET, List.of(query.key()), List.of(), reply -> result(query, reply, 0)));
        String defaultValue = query.defaultValue();
        return defaultValue == null
                ? result
                : result.exceptionallyCompose(failure -> isRedisError(failure)
                        ? CompletableFuture.completedFuture(new FlagResult.Failed(defaultValue, failure))
                        : CompletableFuture.failedFuture(failure));
    }

    /** @param first the index in the reply */
    private static FlagResult result(FlagQuery query, Reply reply, int first) {
        return reply.number(first) == 1
                ? new FlagResult.Set(reply.text(first + 1), reply.number(first + 2))
                : new FlagResult.Unset(query.fallback());
    }

    /**
     * Reads all flags of a list with one script call, except on a Cluster, where they are in many slots. Fails if one cannot be
     * read.
     *
     * @return the results in the order of the queries
     */
    public CompletableFuture<List<FlagResult>> getAll(List<FlagQuery> queries) {
        if (queries.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        if (redis.isCluster()) {
            return Futures.allAsList(queries.stream().map(this::get).toList());
        }
        List<String> keys = queries.stream().map(FlagQuery::key).toList();
        return redis.call(new Operation<>(GET_ALL, keys, List.of(), reply -> results(queries, reply)));
    }

    private static List<FlagResult> results(List<FlagQuery> queries, Reply reply) {
        List<FlagResult> results = new ArrayList<>(queries.size());
        for (FlagQuery query : queries) {
            results.add(result(query, reply, results.size() * REPLY_VALUES_PER_FLAG));
        }
        return results;
    }

    /** False for a cancelled call, which needs no default, and for a server defect, which a default must not hide. */
    private static boolean isRedisError(Throwable failure) {
        Throwable cause = Futures.unwrap(failure);
        return cause instanceof RedisUnavailableException
                || cause instanceof OverloadedException
                || cause instanceof RedisRejectedException;
    }

    /** Removes the feature flag. Returns whether it was set. */
    CompletableFuture<Boolean> clear(String feature, String userId) {
        List<String> keys = List.of(FlagKeys.flag(feature, userId));
        return redis.call(new Operation<>(CLEAR, keys, List.of(announcements.prefix() + feature), reply -> {
            boolean cleared = reply.number(0) == 1;
            if (cleared) {
                announcements.onPublished();
            }
            return cleared;
        }));
    }

    /** The features whose flags were set or cleared. To be subscribed to once. */
    public CountedChannel announcements() {
        return announcements;
    }
}

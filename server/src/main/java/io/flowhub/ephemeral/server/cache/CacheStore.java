package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import io.grpc.Context;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Reads, puts and evicts cache entries in Redis. An entry is identified by its key; the store does not distinguish
 * users from products.
 *
 * <p>A read runs a script without leases and arguments, so that a hit costs no more than its key. Only if the entry is
 * missing or past its soft age, a second script reads it again and acquires the lease. The second script adds little:
 * its caller then loads the object from a database, or waits for another caller that does.
 */
final class CacheStore {

    private static final Script READ = Script.load("cache/read");
    private static final Script ACQUIRE_LEASE = Script.load("cache/acquire_lease");
    private static final Script EVICT = Script.load("cache/evict");

    /**
     * Commands in flight take memory in Redis. With 256 puts of 5 KB in a script call and two script calls in flight
     * from each of ten servers, a nearly full Redis would be full before it could reject them.
     */
    private static final Script PUT = Script.load("cache/put").maxBatch(16);

    private static final long NO_ENTRY = -2;
    private static final int STORED = 1;
    private static final int FULL = -1;

    /** Entries are stored up to this percentage of the memory of Redis. The rest is for limits, codes and tokens. */
    private static final String MAX_MEMORY_PERCENT_FOR_ENTRIES = Integer.toString(StateClass.CACHE.percent());

    /** Leases are given a little longer: they are small and expire within seconds. */
    private static final String MAX_MEMORY_PERCENT_FOR_LEASES = Integer.toString(StateClass.CACHE.percent() + 2);

    private final RedisClient redis;
    private final TtlPolicy ttlPolicy;
    private final MemoryPressure pressure;

    CacheStore(CacheSettings settings, RedisClient redis, MemoryPressure pressure) {
        this.redis = redis;
        this.ttlPolicy = TtlPolicy.of(settings);
        this.pressure = pressure;
    }

    CompletableFuture<CacheResult> read(String key) {
        Context context = Context.current();
        return redis.call(new Operation<>(READ, List.of(key), List.of(), reply -> result(key, reply, "", 0)))
                .thenCompose(result ->
                        needsLoad(result) ? acquireLease(key, context) : CompletableFuture.completedFuture(result));
    }

    private boolean needsLoad(CacheResult result) {
        return switch (result.state()) {
            case MISS -> true;
            case HIT -> result.ageMillis() > ttlPolicy.softAgeMillis();
            case STALE, NEGATIVE -> false;
        };
    }

    private CompletableFuture<CacheResult> acquireLease(String key, Context context) {
        String lease = Leases.generate();
        List<String> args = List.of(
                lease,
                Long.toString(ttlPolicy.leaseMillis()),
                Long.toString(ttlPolicy.minFreshTtlMillis(key)),
                MAX_MEMORY_PERCENT_FOR_LEASES);
        return redis.call(
                new Operation<>(
                        ACQUIRE_LEASE,
                        entryAndLease(key),
                        args,
                        reply -> result(key, reply, reply.number(2) == 1 ? lease : "", reply.number(3))),
                context); // a cancelled call must not hold the lease
    }

    private CacheResult result(String key, Reply reply, String lease, long waitMillis) {
        long ttlMillis = reply.number(0);
        String text = reply.text(1);
        if (ttlMillis == NO_ENTRY || !reply.hasText(1)) {
            return CacheResult.miss(lease, waitMillis);
        }
        long ageMillis = ttlPolicy.ageMillis(key, text.isEmpty(), ttlMillis);
        return text.isEmpty() ? CacheResult.negative(ageMillis) : CacheResult.object(text, ageMillis, lease);
    }

    /**
     * Stores an entry.
     *
     * @param lease the lease under which the value was loaded; if empty, the entry is stored in any case
     * @return whether the entry was stored; false if the lease is not the current one
     */
    CompletableFuture<Boolean> put(String key, CacheValue value, String lease) {
        String ttl = Long.toString(ttlPolicy.ttlMillis(key, value.isNegative()));
        List<String> args = List.of(value.text(), ttl, lease, MAX_MEMORY_PERCENT_FOR_ENTRIES);
        return pressure.admit(
                        StateClass.CACHE,
                        () -> redis.call(new Operation<>(PUT, entryAndLease(key), args, reply -> reply.number(0))))
                .thenApply(CacheStore::stored);
    }

    private static boolean stored(long result) {
        if (result == FULL) {
            throw MemoryPressure.exception(StateClass.CACHE);
        }
        return result == STORED;
    }

    /** Removes an entry and its lease. Returns whether there was an entry. */
    CompletableFuture<Boolean> evict(String key) {
        return redis.call(new Operation<>(EVICT, entryAndLease(key), List.of(), reply -> reply.number(0) == 1));
    }

    private static List<String> entryAndLease(String key) {
        return List.of(key, CacheKeys.lease(key));
    }
}

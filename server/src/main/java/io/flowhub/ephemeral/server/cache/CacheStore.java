package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import io.grpc.Context;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * The rules of cached objects, whatever they are: an entry is the key it is kept under.
 *
 * <p>A read of what is there takes one script that knows nothing of leases and has no arguments, so that reads cost what
 * their keys cost. Only if the entry is missing or past its soft age does a second script look again and take the lease:
 * that caller will ask a database, or wait for somebody who does.
 */
final class CacheStore {

    private static final Script READ = Script.load("cache/read");
    private static final Script ACQUIRE_LEASE = Script.load("cache/acquire_lease");
    private static final Script EVICT = Script.load("cache/evict");

    /**
     * What is on its way to Redis takes memory there. 256 puts of 5 KB in a script call, two calls of each of ten servers:
     * a nearly full Redis would be full before it could refuse them.
     */
    private static final Script PUT = Script.load("cache/put").maxBatch(16);

    private static final int STORED = 1;
    private static final int FULL = -1;

    /** Percent of the memory of Redis up to which it takes entries; the rest is for limits, codes and tokens. */
    private static final String MAX_USED_BY_ENTRIES = "90";

    /** And up to which it takes leases, which are small and live for seconds. */
    private static final String MAX_USED_BY_LEASES = "95";

    private final RedisClient redis;
    private final TtlPolicy lifetimes;
    private final BooleanSupplier full;

    /** @param full whether Redis is so full that no entry may be put */
    CacheStore(CacheSettings settings, RedisClient redis, BooleanSupplier full) {
        this.redis = redis;
        this.lifetimes = TtlPolicy.of(settings);
        this.full = full;
    }

    CompletableFuture<CacheResult> read(String key) {
        Context caller = Context.current();
        return redis.call(new Operation<>(READ, List.of(key), List.of(), reply -> lookup(key, reply, "", 0)))
                .thenCompose(seen -> needsFilling(seen) ? claim(key, caller) : CompletableFuture.completedFuture(seen));
    }

    private boolean needsFilling(CacheResult seen) {
        return seen.isMiss() || (!seen.json().isEmpty() && seen.ageMillis() > lifetimes.softAgeMillis());
    }

    private CompletableFuture<CacheResult> claim(String key, Context caller) {
        String lease = Leases.next();
        List<String> args = List.of(
                lease,
                Long.toString(lifetimes.leaseMillis()),
                Long.toString(lifetimes.freshMillis(key)),
                MAX_USED_BY_LEASES);
        return redis.call(
                new Operation<>(
                        ACQUIRE_LEASE,
                        withLease(key),
                        args,
                        reply -> lookup(key, reply, reply.number(2) == 1 ? lease : "", reply.number(3))),
                caller); // a cancelled call must not hold the lease
    }

    private CacheResult lookup(String key, Reply reply, String lease, long waitMillis) {
        long leftMillis = reply.number(0);
        String text = reply.text(1);
        if (leftMillis == -2) {
            return CacheResult.miss(lease, waitMillis);
        }
        long ageMillis = lifetimes.ageMillis(key, text.isEmpty(), leftMillis);
        return text.isEmpty() ? CacheResult.negative(ageMillis) : CacheResult.object(text, ageMillis, lease);
    }

    /**
     * Stores an entry.
     *
     * @param lease empty for none: then it is stored whoever has one
     * @return whether it was stored: not if the lease is not good (any more)
     */
    CompletableFuture<Boolean> put(String key, CacheValue content, String lease) {
        if (full.getAsBoolean()) {
            return CompletableFuture.failedFuture(new BudgetFullException());
        }
        String ttl = Long.toString(lifetimes.ttlMillis(key, content.isNegative()));
        List<String> args = List.of(content.text(), ttl, lease, MAX_USED_BY_ENTRIES);
        return redis.call(new Operation<>(PUT, withLease(key), args, CacheStore::stored));
    }

    private static boolean stored(Reply reply) {
        if (reply.number(0) == FULL) {
            throw new BudgetFullException();
        }
        return reply.number(0) == STORED;
    }

    /** Returns whether there was an entry. */
    CompletableFuture<Boolean> evict(String key) {
        return redis.call(new Operation<>(EVICT, withLease(key), List.of(), reply -> reply.number(0) == 1));
    }

    private static List<String> withLease(String key) {
        return List.of(key, CacheKeys.lease(key));
    }
}

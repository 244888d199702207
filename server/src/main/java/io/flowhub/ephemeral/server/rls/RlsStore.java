package io.flowhub.ephemeral.server.rls;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.redis.LocalCache;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.rls.DescriptorLimit.Counted;
import io.flowhub.ephemeral.server.rls.RlsSettings.OnRedisFailure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The counters in Redis, and those that this server knows to be full. */
final class RlsStore {

    private static final Script COUNT = Script.load("rls/count");
    private static final Script GIVE_BACK = Script.load("rls/give_back");

    private final RedisClient redis;
    private final FullWindows fullWindows;
    private final AllOrNoneCount allOrNone;
    private final boolean countDenied;
    private final OnRedisFailure onRedisFailure;

    RlsStore(RlsSettings settings, RedisClient redis, Ticker ticker) {
        this.redis = redis;
        this.fullWindows = new FullWindows(ticker, redis.localCache(FullWindows.CHANNEL));
        this.allOrNone = new AllOrNoneCount(redis, settings);
        this.countDenied = settings.countDenied();
        this.onRedisFailure = settings.onRedisFailure();
    }

    /** Counts the hits of each. Those that need Redis are sent together. Returns the counts in the same order. */
    CompletableFuture<List<Count>> count(List<Counted> counters) {
        if (!countDenied && counters.size() > 1 && counters.stream().noneMatch(Counted::givesBack)) {
            return withFallback(allOrNone.count(counters), counters.size());
        }
        Count[] counts = new Count[counters.size()];
        List<Operation<Count>> operations = new ArrayList<>(counts.length);
        for (int i = 0; i < counts.length; i++) {
            Counted counted = counters.get(i);
            Count full = counted.givesBack() ? null : fullWindows.find(counted);
            if (full == null) {
                operations.add(counted.givesBack() ? giveBack(counted) : count(counted));
            } else {
                counts[i] = full;
            }
        }
        return operations.isEmpty()
                ? CompletableFuture.completedFuture(Arrays.asList(counts))
                : withFallback(redis.callAll(operations), operations.size())
                        .thenApply(replies -> fillIn(counts, replies));
    }

    private static List<Count> fillIn(Count[] counts, List<Count> replies) {
        int next = 0;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] == null) {
                counts[i] = replies.get(next++);
            }
        }
        return Arrays.asList(counts);
    }

    private Operation<Count> count(Counted counted) {
        LocalCache.Stamp sent = fullWindows.stamp();
        return new Operation<>(COUNT, List.of(counted.key()), counted.applied().countArgs(counted.hits()), reply -> {
            Count count = Count.fromReply(reply);
            long stored = countDenied ? count.used() : count.used() - counted.hits();
            long limit = counted.applied().limit().requestsPerUnit();
            if (count.used() > limit && (countDenied || stored >= limit)) {
                fullWindows.put(counted.key(), stored, count.leftMillis(), sent);
            }
            return count;
        });
    }

    private Operation<Count> giveBack(Counted counted) {
        String window = Long.toString(counted.applied().limit().windowMillis());
        List<String> args = List.of(window, Long.toString(counted.hits()), window);
        return new Operation<>(GIVE_BACK, List.of(counted.key()), args, reply -> {
            redis.deliver(FullWindows.CHANNEL, counted.key());
            return Count.fromReply(reply);
        });
    }

    private CompletableFuture<List<Count>> withFallback(CompletableFuture<List<Count>> counts, int size) {
        return switch (onRedisFailure) {
            case UNAVAILABLE -> counts;
            case ALLOW -> recover(counts, Collections.nCopies(size, Count.ALLOWED));
            case DENY -> recover(counts, Collections.nCopies(size, Count.DENIED));
        };
    }

    private static CompletableFuture<List<Count>> recover(CompletableFuture<List<Count>> counts, List<Count> fallback) {
        return counts.exceptionallyCompose(failure -> cannotCount(Futures.unwrap(failure))
                ? CompletableFuture.completedFuture(fallback)
                : CompletableFuture.failedFuture(failure));
    }

    private static boolean cannotCount(Throwable failure) {
        return failure instanceof RedisUnavailableException || failure instanceof BudgetFullException;
    }
}

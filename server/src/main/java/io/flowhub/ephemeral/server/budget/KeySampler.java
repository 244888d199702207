package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.budget.Estimate.Stratum;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Finds out which kinds of keys there are: of a thousand keys at most it looks at every one, of more at a sample of about a
 * thousand, which is shared among the masters by how many keys they have.
 *
 * <p>RANDOMKEY draws almost evenly, not quite: it takes one of some fifteen keys that are neighbours in the hash table, so a
 * key behind empty buckets is drawn a little more often. That has nothing to do with its kind, since the table is ordered by
 * a keyed hash.
 */
final class KeySampler {

    private static final int MOST_KEYS = 1_000;

    /** Weighing a key takes Redis about 4 µs, in which it serves nobody else: 0.4 ms a script call. */
    private static final int KEYS_PER_SCRIPT = 100;

    private static final Script COUNT_KINDS = Script.load("budget/count_kinds");
    private static final Script SAMPLE_KEYS = Script.load("budget/sample_keys");

    private final List<String> kinds;
    private final List<String> kindNames;
    private final RedisClient redis;

    /** @param kinds the prefixes of keys that are counted apart */
    KeySampler(List<String> kinds, RedisClient redis) {
        this.kinds = List.copyOf(kinds);
        this.kindNames = Stream.concat(kinds.stream(), Stream.of("other")).toList();
        this.redis = redis;
    }

    CompletableFuture<Estimate> take(List<MasterMemory> masters) {
        long keys = masters.stream().mapToLong(MasterMemory::keys).sum();
        List<CompletableFuture<Stratum>> strata = masters.stream()
                .map(master -> keys <= MOST_KEYS ? count(master) : sample(master, keys))
                .toList();
        return Futures.allAsList(strata).thenApply(all -> Estimate.of(all, kindNames));
    }

    /** All keys of the master; a sample if there have come many meanwhile. */
    private CompletableFuture<Stratum> count(MasterMemory master) {
        return redis.callUncancellable(new Operation<>(
                        COUNT_KINDS,
                        List.of(master.steeringKey()),
                        args(MOST_KEYS),
                        reply -> reply.number(0) < 0
                                ? Stratum.ofSample(master.keys(), newTally())
                                : Stratum.ofAll(newTally().add(reply))))
                .thenCompose(stratum -> stratum.exact()
                        ? CompletableFuture.completedFuture(stratum)
                        : sample(master, Math.max(1, master.keys())));
    }

    private CompletableFuture<Stratum> sample(MasterMemory master, long keysOfAll) {
        int draws = (int) ((MOST_KEYS * master.keys() + keysOfAll - 1) / keysOfAll);
        return draw(master, newTally(), draws).thenApply(tally -> Stratum.ofSample(master.keys(), tally));
    }

    /** One script call after the other, so that Redis serves others in between. */
    private CompletableFuture<KindTotals> draw(MasterMemory master, KindTotals tally, int left) {
        if (left <= 0) {
            return CompletableFuture.completedFuture(tally);
        }
        int draws = Math.min(left, KEYS_PER_SCRIPT);
        return redis.callUncancellable(
                        new Operation<>(SAMPLE_KEYS, List.of(master.steeringKey()), args(draws), tally::add))
                .thenCompose(more -> draw(master, more, left - draws));
    }

    private KindTotals newTally() {
        return new KindTotals(kinds.size());
    }

    private List<String> args(int keys) {
        List<String> args = new ArrayList<>(List.of(Integer.toString(keys)));
        kinds.forEach(kind -> args.add(kind + ":"));
        return args;
    }
}

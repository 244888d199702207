package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.budget.Estimate.Stratum;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Estimates the keys and bytes of each kind. Up to a thousand keys are all measured; of more keys, a sample of about a
 * thousand. Each master contributes to the sample in proportion to its keys.
 *
 * <p>RANDOMKEY draws almost evenly: it picks one of about fifteen keys that are neighbours in the hash table, so a key
 * behind empty buckets is drawn slightly more often. That does not depend on the kind of the key, because a keyed hash
 * orders the table.
 */
final class KeySampler {

    private static final int SAMPLE_SIZE = 1_000;

    /** Measuring a key blocks Redis for about 4 µs, so one script call blocks it for 0.4 ms. */
    private static final int KEYS_PER_SCRIPT = 100;

    private static final Script COUNT_KINDS = Script.load("budget/count_kinds");
    private static final Script SAMPLE_KEYS = Script.load("budget/sample_keys");

    private final List<String> kinds;
    private final List<String> kindNames;
    private final RedisClient redis;

    /** @param kinds prefixes of the keys that are counted apart, without the colon */
    KeySampler(List<String> kinds, RedisClient redis) {
        this.kinds = List.copyOf(kinds);
        this.kindNames = Stream.concat(kinds.stream(), Stream.of("other")).toList();
        this.redis = redis;
    }

    CompletableFuture<Estimate> estimate(List<MasterMemory> masters) {
        long allKeys = masters.stream().mapToLong(KeySampler::keys).sum();
        List<CompletableFuture<Stratum>> strata = masters.stream()
                .map(master -> allKeys <= SAMPLE_SIZE ? measureAll(master) : sample(master, allKeys))
                .toList();
        return Futures.allAsList(strata).thenApply(measured -> Estimate.of(measured, kindNames));
    }

    /** Without a number, none: a share of no number is no estimate. */
    private static long keys(MasterMemory master) {
        return Math.max(0, master.keys());
    }

    /** Measures all keys of the master, or a sample if the master has too many keys by now. */
    private CompletableFuture<Stratum> measureAll(MasterMemory master) {
        return redis.callUncancellable(new Operation<>(
                        COUNT_KINDS,
                        List.of(master.routingKey()),
                        args(SAMPLE_SIZE),
                        reply -> reply.number(0) < 0
                                ? Stratum.ofSample(keys(master), newTotals())
                                : Stratum.ofAll(newTotals().add(reply))))
                .thenCompose(stratum -> stratum.exact()
                        ? CompletableFuture.completedFuture(stratum)
                        : sample(master, Math.max(1, keys(master))));
    }

    private CompletableFuture<Stratum> sample(MasterMemory master, long allKeys) {
        int draws = (int) ((SAMPLE_SIZE * keys(master) + allKeys - 1) / allKeys);
        return draw(master, newTotals(), draws).thenApply(totals -> Stratum.ofSample(keys(master), totals));
    }

    /** Calls one script after the other, so that Redis serves other calls in between. */
    private CompletableFuture<KindTotals> draw(MasterMemory master, KindTotals totals, int drawsLeft) {
        if (drawsLeft <= 0) {
            return CompletableFuture.completedFuture(totals);
        }
        int draws = Math.min(drawsLeft, KEYS_PER_SCRIPT);
        return redis.callUncancellable(
                        new Operation<>(SAMPLE_KEYS, List.of(master.routingKey()), args(draws), totals::add))
                .thenCompose(added -> draw(master, added, drawsLeft - draws));
    }

    private KindTotals newTotals() {
        return new KindTotals(kinds.size());
    }

    private List<String> args(int keys) {
        Stream<String> prefixes = kinds.stream().map(kind -> kind + ":");
        return Stream.concat(Stream.of(Integer.toString(keys)), prefixes).toList();
    }
}

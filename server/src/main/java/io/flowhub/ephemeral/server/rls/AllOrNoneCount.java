package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import io.flowhub.ephemeral.server.rls.DescriptorLimit.Counted;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Counts the hits of a request in all its windows, or in none if it is denied. One script decides if the keys share a slot.
 * On a Cluster there is one script call per slot, and if the request is denied, what the others counted is given back.
 * Until then it is counted: if the server stops or loses Redis in between, hits stay counted that did not pass, never the
 * reverse.
 */
final class AllOrNoneCount {

    private static final Script COUNT_ALL = Script.load("rls/count_all");
    private static final Script GIVE_BACK = Script.load("rls/give_back");

    private static final int REPLY_VALUES = 3;

    private final RedisClient redis;
    private final boolean quotaMode;
    private final boolean shadowMode;

    /** @param index of the counter in the request */
    private record Result(int index, Counted counted, Count count, boolean stored) {}

    private record Indexed(int index, Counted counted) {}

    AllOrNoneCount(RedisClient redis, RlsSettings settings) {
        this.redis = redis;
        this.quotaMode = settings.quotaMode();
        this.shadowMode = settings.shadowMode();
    }

    /** Returns the counts in the order of the counters. */
    CompletableFuture<List<Count>> count(List<Counted> counters) {
        Collection<List<Indexed>> slots = bySlot(counters);
        boolean decides = slots.size() == 1;
        List<CompletableFuture<List<Result>>> replies =
                slots.stream().map(slot -> redis.call(operation(slot, decides))).toList();
        if (decides) {
            return replies.get(0).thenApply(results -> inOrder(results, counters.size()));
        }
        CompletableFuture<Void> all = CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new));
        return all.exceptionally(failure -> null)
                .thenCompose(done -> settle(replies, all))
                .thenApply(results -> inOrder(results, counters.size()));
    }

    private Collection<List<Indexed>> bySlot(List<Counted> counters) {
        Map<Integer, List<Indexed>> slots = new LinkedHashMap<>();
        for (int i = 0; i < counters.size(); i++) {
            Counted counted = counters.get(i);
            slots.computeIfAbsent(redis.slotOf(counted.key()), slot -> new ArrayList<>())
                    .add(new Indexed(i, counted));
        }
        return slots.values();
    }

    private Operation<List<Result>> operation(List<Indexed> slot, boolean decides) {
        return new Operation<>(
                COUNT_ALL,
                slot.stream().map(each -> each.counted().key()).toList(),
                slot.stream().map(each -> arg(each.counted(), decides)).toList(),
                reply -> results(slot, reply));
    }

    /** @param decides whether the script sees all quotas of the request */
    private String arg(Counted counted, boolean decides) {
        Limit limit = counted.applied().limit();
        char mode = neverDenies(counted) || (isQuota(counted) && !decides) ? 'n' : isQuota(counted) ? 'q' : 'd';
        return limit.requestsPerUnit() + ":" + limit.windowMillis() + ":" + mode + ":" + counted.hits();
    }

    private boolean neverDenies(Counted counted) {
        return shadowMode || counted.applied().shadowMode();
    }

    private boolean isQuota(Counted counted) {
        return quotaMode || counted.applied().quotaMode();
    }

    private static List<Result> results(List<Indexed> slot, Reply reply) {
        List<Result> results = new ArrayList<>(slot.size());
        for (int i = 0; i < slot.size(); i++) {
            int from = i * REPLY_VALUES;
            Count count = new Count(reply.number(from), reply.number(from + 1), false);
            results.add(new Result(slot.get(i).index(), slot.get(i).counted(), count, reply.number(from + 2) == 1));
        }
        return results;
    }

    /** Gives all hits back if the request is denied or one script call failed. Every reply is complete. */
    private CompletableFuture<List<Result>> settle(
            List<CompletableFuture<List<Result>>> replies, CompletableFuture<Void> all) {
        List<Result> results = replies.stream()
                .filter(reply -> !reply.isCompletedExceptionally())
                .flatMap(reply -> reply.getNow(List.of()).stream())
                .toList();
        if (!all.isCompletedExceptionally() && !denied(results)) {
            return CompletableFuture.completedFuture(results);
        }
        return Futures.allAsList(results.stream()
                        .map(result -> result.stored() ? giveBack(result) : CompletableFuture.completedFuture(result))
                        .toList())
                .thenCombine(all, (givenBack, done) -> givenBack);
    }

    private boolean denied(List<Result> results) {
        List<Result> deciding = results.stream()
                .filter(result -> !neverDenies(result.counted()))
                .toList();
        List<Result> quotas =
                deciding.stream().filter(result -> isQuota(result.counted())).toList();
        return deciding.stream().anyMatch(result -> isOver(result) && !isQuota(result.counted()))
                || (!quotas.isEmpty() && quotas.stream().allMatch(AllOrNoneCount::isOver));
    }

    private static boolean isOver(Result result) {
        return result.count().used() > result.counted().applied().limit().requestsPerUnit();
    }

    private CompletableFuture<Result> giveBack(Result result) {
        Counted counted = result.counted();
        List<String> args = List.of(
                Long.toString(counted.applied().limit().windowMillis()),
                Long.toString(counted.hits()),
                Long.toString(result.count().leftMillis()));
        return redis.callUncancellable(
                new Operation<>( // second half of a two-step write
                        GIVE_BACK,
                        List.of(counted.key()),
                        args,
                        reply -> new Result(result.index(), counted, Count.fromReply(reply), false)));
    }

    private static List<Count> inOrder(List<Result> results, int size) {
        Count[] counts = new Count[size];
        results.forEach(result -> counts[result.index()] = result.count());
        return List.of(counts);
    }
}

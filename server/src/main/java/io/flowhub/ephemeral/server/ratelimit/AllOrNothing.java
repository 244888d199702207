package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Reply;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * Takes from every limit or from none. In one script, where the keys can be in one; on a Cluster one script a slot, and
 * if a slot denies, what the others took is taken back. Until then it counts, so a crash in between, or a server that
 * cannot reach Redis any more, leaves hits charged that nobody used, never hits used that nobody charged.
 */
final class AllOrNothing {

    private static final Script CHECK_ALL = Script.load("ratelimit/check_all");
    private static final Script ROLLBACK = Script.load("ratelimit/rollback");

    private final RedisClient redis;

    AllOrNothing(RedisClient redis) {
        this.redis = redis;
    }

    /** A check at its place in the batch. */
    private record Placed(int place, RateCheck check) {}

    /** What a script said of a check, and whether it charged it. */
    private record Outcome(Placed of, Decision verdict, boolean charged) {}

    CompletableFuture<List<Decision>> check(List<RateCheck> checks) {
        List<CompletableFuture<List<Outcome>>> groups = groups(checks).stream()
                .map(together -> redis.call(operation(together)))
                .toList();
        CompletableFuture<Void> answered = CompletableFuture.allOf(groups.toArray(CompletableFuture[]::new));
        return answered.exceptionally(failure -> null)
                .thenCompose(done -> settle(groups, answered))
                .thenApply(AllOrNothing::inOrder);
    }

    private CompletableFuture<List<Outcome>> settle(
            List<CompletableFuture<List<Outcome>>> groups, CompletableFuture<Void> answered) {
        List<Outcome> outcomes = groups.stream()
                .filter(group -> !group.isCompletedExceptionally())
                .flatMap(group -> group.getNow(List.of()).stream())
                .toList();
        boolean denied =
                outcomes.stream().anyMatch(outcome -> !outcome.verdict().allowed());
        return denied || answered.isCompletedExceptionally()
                ? keepNone(outcomes).thenCombine(answered, (kept, done) -> kept)
                : CompletableFuture.completedFuture(outcomes);
    }

    /** Those whose keys may stand in one script. */
    private Collection<List<Placed>> groups(List<RateCheck> checks) {
        Map<Integer, List<Placed>> groups = new LinkedHashMap<>();
        for (int i = 0; i < checks.size(); i++) {
            int slot = redis.slotOf(checks.get(i).key());
            groups.computeIfAbsent(slot, s -> new ArrayList<>()).add(new Placed(i, checks.get(i)));
        }
        return groups.values();
    }

    private static Operation<List<Outcome>> operation(List<Placed> together) {
        List<String> keys = new ArrayList<>();
        List<String> requestKeys = new ArrayList<>();
        List<String> args = new ArrayList<>();
        for (Placed placed : together) {
            RateCheck check = placed.check();
            keys.add(check.key());
            args.add(check.terms());
            if (check.isOnce()) {
                requestKeys.add(check.requestKey());
            }
            args.add(Integer.toString(check.isOnce() ? together.size() + requestKeys.size() : 0));
        }
        keys.addAll(requestKeys);
        return new Operation<>(CHECK_ALL, keys, args, reply -> outcomes(together, reply));
    }

    private static List<Outcome> outcomes(List<Placed> together, Reply reply) {
        return IntStream.range(0, together.size())
                .mapToObj(i -> {
                    int from = i * (Decision.REPLY_VALUES + 1);
                    Placed placed = together.get(i);
                    Decision verdict = Decision.of(placed.check().rule(), reply, from);
                    return new Outcome(placed, verdict, reply.number(from + Decision.REPLY_VALUES) == 1);
                })
                .toList();
    }

    /** Takes back what was charged, and says what is left then. */
    private CompletableFuture<List<Outcome>> keepNone(List<Outcome> outcomes) {
        CompletableFuture<List<Outcome>> settled = CompletableFuture.completedFuture(new ArrayList<>());
        for (Outcome outcome : outcomes) {
            settled = settled.thenCombine(outcome.charged() ? undo(outcome) : done(outcome), (list, next) -> {
                list.add(next);
                return list;
            });
        }
        return settled;
    }

    private CompletableFuture<Outcome> undo(Outcome charge) {
        RateCheck check = charge.of().check();
        Decision verdict = charge.verdict();
        List<String> keys = List.of(check.key(), check.isOnce() ? check.requestKey() : Operation.noKey(check.key()));
        List<String> args = List.of(check.terms(), Long.toString(verdict.resetMillis()));
        return redis.callUncancellable(new Operation<>(ROLLBACK, keys, args, reply -> {
            Decision left = verdict.withLeft((int) reply.number(0), reply.number(1));
            return new Outcome(charge.of(), left, false);
        })); // second half of a two-step write
    }

    private static CompletableFuture<Outcome> done(Outcome outcome) {
        return CompletableFuture.completedFuture(outcome);
    }

    private static List<Decision> inOrder(List<Outcome> outcomes) {
        return outcomes.stream()
                .sorted(Comparator.comparingInt(outcome -> outcome.of().place()))
                .map(Outcome::verdict)
                .toList();
    }
}

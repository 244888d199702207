package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.ratelimit.CheckGroup.IndexedCheck;
import io.flowhub.ephemeral.server.ratelimit.CheckGroup.Outcome;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Consumes the hits of all checks of a batch or of none. One script decides if the keys share a slot. On a Cluster there is one script call
 * per slot, and if one slot denies, the hits of the others are rolled back. Until then they are consumed: if the server
 * stops or loses Redis in between, hits stay consumed that the caller did not use, never the reverse.
 */
final class AllOrNothing {

    private static final Script ROLLBACK = Script.load("ratelimit/rollback");

    private final RedisClient redis;

    AllOrNothing(RedisClient redis) {
        this.redis = redis;
    }

    /** Returns the decisions in the order of the checks. */
    CompletableFuture<List<Decision>> check(List<RateCheck> checks) {
        List<CompletableFuture<List<Outcome>>> replies = groupBySlot(checks).stream()
                .map(group -> redis.call(group.operation()))
                .toList();
        CompletableFuture<Void> allReplied = CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new));
        return allReplied
                .exceptionally(failure -> null)
                .thenCompose(done -> commitOrRollBack(replies, allReplied))
                .thenApply(AllOrNothing::decisionsInOrder);
    }

    private Collection<CheckGroup> groupBySlot(List<RateCheck> checks) {
        Map<Integer, CheckGroup> groups = new LinkedHashMap<>();
        for (int i = 0; i < checks.size(); i++) {
            RateCheck check = checks.get(i);
            groups.computeIfAbsent(redis.slotOf(check.key()), slot -> new CheckGroup(new ArrayList<>()))
                    .checks()
                    .add(new IndexedCheck(i, check));
        }
        return groups.values();
    }

    /** Rolls back all consumed hits if one check was denied or one script call failed. Every reply is complete. */
    private CompletableFuture<List<Outcome>> commitOrRollBack(
            List<CompletableFuture<List<Outcome>>> replies, CompletableFuture<Void> allReplied) {
        List<Outcome> outcomes = replies.stream()
                .filter(reply -> !reply.isCompletedExceptionally())
                .flatMap(reply -> reply.getNow(List.of()).stream())
                .toList();
        boolean denied =
                outcomes.stream().anyMatch(outcome -> !outcome.decision().allowed());
        if (!denied && !allReplied.isCompletedExceptionally()) {
            return CompletableFuture.completedFuture(outcomes);
        }
        return rollBack(outcomes).thenCombine(allReplied, (rolledBack, done) -> rolledBack);
    }

    private CompletableFuture<List<Outcome>> rollBack(List<Outcome> outcomes) {
        return Futures.allAsList(outcomes.stream()
                .map(outcome -> outcome.consumed() ? rollBack(outcome) : CompletableFuture.completedFuture(outcome))
                .toList());
    }

    /** Returns the outcome with what remains after the rollback. */
    private CompletableFuture<Outcome> rollBack(Outcome outcome) {
        RateCheck check = outcome.of().check();
        Decision decision = outcome.decision();
        List<String> keys =
                List.of(check.key(), check.isIdempotent() ? check.requestKey() : Operation.noKey(check.key()));
        List<String> args = List.of(check.scriptArg(), Long.toString(decision.resetMillis()));
        return redis.callUncancellable(new Operation<>(
                ROLLBACK,
                keys,
                args,
                reply -> { // second half of a two-step write
                    Decision rolledBack = decision.afterRollback((int) reply.number(0), reply.number(1));
                    return new Outcome(outcome.of(), rolledBack, false);
                }));
    }

    private static List<Decision> decisionsInOrder(List<Outcome> outcomes) {
        return outcomes.stream()
                .sorted(Comparator.comparingInt(outcome -> outcome.of().index()))
                .map(Outcome::decision)
                .toList();
    }
}

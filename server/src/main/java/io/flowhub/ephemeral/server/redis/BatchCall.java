package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RScript;
import org.redisson.api.RScriptAsync;

/** One script call over the keys of several operations. It leaves once, is never sent again, and answers them all. */
final class BatchCall {

    private final Script script;
    private final List<PendingCall<?>> calls;
    private final List<Object> keys = new ArrayList<>();
    private final List<Object> args = new ArrayList<>();

    /** For each call, which run of the script answers it: its own, or that of one with the same keys. */
    private final int[] runOf;

    private final int runs;

    BatchCall(Script script, List<PendingCall<?>> calls) {
        this.script = script;
        this.calls = calls;
        this.runOf = new int[calls.size()];
        List<Operation<?>> distinct = distinctOperations();
        this.runs = distinct.size();
        List<String> first = distinct.get(0).args();
        boolean shared = true;
        for (Operation<?> operation : distinct) {
            keys.addAll(operation.keys());
            shared = shared && operation.args().equals(first);
        }
        args.add(Integer.toString(runs));
        args.add(Integer.toString(script.header().returns().min()));
        args.add(Integer.toString(shared ? 0 : first.size()));
        if (shared) { // often: calls of one script differ in their keys more than in their arguments
            args.addAll(first);
        } else {
            distinct.forEach(operation -> args.addAll(operation.args()));
        }
    }

    private List<Operation<?>> distinctOperations() {
        List<Operation<?>> distinct = new ArrayList<>(calls.size());
        Map<List<String>, Integer> runOfKeys = new HashMap<>();
        for (int i = 0; i < calls.size(); i++) {
            Operation<?> operation = calls.get(i).operation();
            int next = distinct.size();
            Integer same = script.header().coalesced() ? runOfKeys.putIfAbsent(operation.keys(), next) : null;
            if (same == null) {
                distinct.add(operation);
            }
            runOf[i] = same == null ? next : same;
        }
        return distinct;
    }

    /** What became of the call. */
    enum Outcome {
        AVAILABLE,
        UNAVAILABLE,

        /** Nothing ran and nobody is answered yet: the slot is moving, and the keys are on both masters. */
        SEND_ONE_BY_ONE
    }

    /**
     * Sends the call, and answers or fails the operations in it.
     *
     * @param timer runs on the thread that sends
     * @return completes once all are answered or failed; never exceptionally
     */
    CompletionStage<Outcome> send(RScriptAsync scripts, ScheduledExecutorService timer, long timeoutMillis) {
        CompletableFuture<List<Object>> reply;
        try {
            reply = scripts.<List<Object>>evalShaAsync(
                            firstKey(),
                            RScript.Mode.READ_WRITE,
                            script.sha1(),
                            RScript.ReturnType.LIST,
                            keys,
                            args.toArray())
                    .toCompletableFuture()
                    .exceptionallyCompose(
                            e -> RedisErrors.isNoScript(e) ? sendSource(scripts) : CompletableFuture.failedFuture(e));
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(answer(null, e));
        }
        ScheduledFuture<?> timeout = timer.schedule(
                () -> reply.completeExceptionally(new TimeoutException()), timeoutMillis, TimeUnit.MILLISECONDS);
        return reply.handle((values, failure) -> {
                    timeout.cancel(false);
                    return answer(values, failure);
                })
                .exceptionally(e -> answer(null, e)); // a reply of another shape must not leave anybody waiting
    }

    /** EVAL runs the script and lets Redis know it. */
    private CompletionStage<List<Object>> sendSource(RScriptAsync scripts) {
        return scripts.evalAsync(
                firstKey(), RScript.Mode.READ_WRITE, script.source(), RScript.ReturnType.LIST, keys, args.toArray());
    }

    private String firstKey() {
        return (String) keys.get(0);
    }

    private Outcome answer(@Nullable List<Object> reply, @Nullable Throwable thrown) {
        if (reply == null) {
            Throwable cause = thrown == null ? new IllegalStateException("no reply") : thrown;
            if (calls.size() > 1 && RedisErrors.isTryAgain(cause)) {
                return Outcome.SEND_ONE_BY_ONE;
            }
            ServiceException failure = RedisErrors.of(cause);
            calls.forEach(call -> call.fail(failure));
            return failure instanceof RedisUnavailableException ? Outcome.UNAVAILABLE : Outcome.AVAILABLE;
        }
        int width = reply.size() / runs;
        if (reply.size() % runs != 0 || !script.header().returns().accepts(width)) {
            throw new IllegalStateException(script + ": " + reply.size() + " values for " + runs + " calls (expected: "
                    + script.header().returns() + " each)");
        }
        for (int i = 0; i < calls.size(); i++) {
            calls.get(i).answer(new Reply(reply, runOf[i] * width, width));
        }
        return Outcome.AVAILABLE;
    }
}

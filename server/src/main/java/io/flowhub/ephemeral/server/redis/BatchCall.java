package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RScript;
import org.redisson.api.RScriptAsync;

/** One script call for several operations. It is sent once and never retried, and completes them all. */
final class BatchCall {

    /** The arguments before those of the calls: number of operations, values of each, size of their own arguments. */
    private static final int HEADER_ARGS = 3;

    private final Script script;
    private final List<PendingCall<?>> calls;
    private final Traffic traffic;
    private final ScriptMetrics metrics;
    private final List<Object> keys;
    private final List<Object> args;

    /** For each call, the index of the distinct operation whose reply completes it. */
    private final int[] indexOfDistinct;

    private final int distinctCount;

    BatchCall(Script script, List<PendingCall<?>> calls, Namespace namespace, Traffic traffic, ScriptMetrics metrics) {
        this.script = script;
        this.calls = calls;
        this.traffic = traffic;
        this.metrics = metrics;
        this.indexOfDistinct = new int[calls.size()];
        List<Operation<?>> distinct = script.header().coalesced() ? distinctOperations() : allOperations();
        this.distinctCount = distinct.size();
        List<String> first = distinct.get(0).args();
        this.keys = new ArrayList<>(distinctCount * distinct.get(0).keys().size());
        this.args = new ArrayList<>(HEADER_ARGS + first.size());
        boolean shared = true;
        for (Operation<?> operation : distinct) {
            namespace.addTo(keys, operation.keys());
            shared = shared && first.equals(operation.args()); // reads in this order: the order of the calls
        }
        args.add(Integer.toString(distinctCount));
        args.add(Integer.toString(script.header().returns().min()));
        args.add(Integer.toString(shared ? 0 : first.size()));
        if (shared) { // the common case: calls of one script often differ in their keys alone
            args.addAll(first);
        } else {
            distinct.forEach(operation -> args.addAll(operation.args()));
        }
    }

    private List<Operation<?>> allOperations() {
        List<Operation<?>> operations = new ArrayList<>(calls.size());
        for (int i = 0; i < calls.size(); i++) {
            operations.add(calls.get(i).operation());
            indexOfDistinct[i] = i;
        }
        return operations;
    }

    private List<Operation<?>> distinctOperations() {
        List<Operation<?>> distinct = new ArrayList<>(calls.size());
        Map<List<String>, Integer> indexOfKeys = new HashMap<>();
        for (int i = 0; i < calls.size(); i++) {
            Operation<?> operation = calls.get(i).operation();
            int next = distinct.size();
            Integer same = indexOfKeys.putIfAbsent(operation.keys(), next);
            if (same == null) {
                distinct.add(operation);
            }
            indexOfDistinct[i] = same == null ? next : same;
        }
        return distinct;
    }

    /** How the script call ended. */
    enum Outcome {
        AVAILABLE,
        UNAVAILABLE,

        /** Nothing ran and no operation is complete: the slot is moving, and its keys are on two masters. */
        SEND_ONE_BY_ONE
    }

    /**
     * Sends the call, and completes its operations.
     *
     * @param timer runs on the thread that sends
     * @return completes, never exceptionally, when all operations are complete
     */
    CompletionStage<Outcome> send(
            RScriptAsync scripts,
            ScheduledExecutorService timer,
            Ticker ticker,
            CallTimeout.Limits limits,
            RoundTrip roundTrip) {
        traffic.onSent();
        metrics.onSent(calls.size());
        long sentNanos = ticker.read();
        RoundTrip.Call trip = roundTrip.begin();
        CompletableFuture<List<Object>> reply = new CompletableFuture<>();
        CallTimeout timeout = new CallTimeout(
                timer, ticker, limits, traffic, () -> reply.completeExceptionally(new TimeoutException()));
        var unused = run(scripts, timeout, trip).whenComplete((values, failure) -> {
            if (failure == null) {
                trip.onReply(); // also if it is late
                reply.complete(values);
            } else {
                reply.completeExceptionally(failure);
            }
        });
        return reply.handle((values, failure) -> {
                    timeout.cancel();
                    if (failure != null) {
                        trip.onFailure();
                    }
                    metrics.onEnded(ticker.read() - sentNanos);
                    return complete(values, failure);
                })
                .exceptionally(this::failUnexpected);
    }

    private CompletableFuture<List<Object>> run(RScriptAsync scripts, CallTimeout timeout, RoundTrip.Call trip) {
        try {
            return scripts.<List<Object>>evalShaAsync(
                            firstKey(),
                            RScript.Mode.READ_WRITE,
                            script.sha1(),
                            RScript.ReturnType.LIST,
                            keys,
                            args.toArray())
                    .toCompletableFuture()
                    .exceptionallyCompose(e -> {
                        if (!RedisErrors.isNoScript(e)) {
                            return CompletableFuture.failedFuture(e);
                        }
                        trip.onReply();
                        timeout.restart();
                        return sendSource(scripts);
                    });
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Whatever the reply is, it leaves no call incomplete. */
    private Outcome failUnexpected(Throwable thrown) {
        IllegalStateException failure = PendingCall.unexpectedReply(script, thrown);
        calls.forEach(call -> call.fail(failure));
        return Outcome.AVAILABLE;
    }

    /** EVAL runs the script and adds it to the script cache of Redis. */
    private CompletionStage<List<Object>> sendSource(RScriptAsync scripts) {
        metrics.onLoad();
        return scripts.evalAsync(
                firstKey(), RScript.Mode.READ_WRITE, script.source(), RScript.ReturnType.LIST, keys, args.toArray());
    }

    private String firstKey() {
        return (String) keys.get(0);
    }

    private Outcome complete(@Nullable List<Object> reply, @Nullable Throwable thrown) {
        if (reply == null) {
            Throwable cause = thrown == null ? new IllegalStateException("no reply") : thrown;
            if (calls.size() > 1 && RedisErrors.isTryAgain(cause)) {
                traffic.onReply();
                return Outcome.SEND_ONE_BY_ONE;
            }
            ServiceException failure = RedisErrors.of(cause);
            if (RedisErrors.isReply(cause)) {
                onErrorReply(failure);
            } else {
                traffic.onFailure();
            }
            calls.forEach(call -> call.fail(failure));
            return failure instanceof RedisUnavailableException ? Outcome.UNAVAILABLE : Outcome.AVAILABLE;
        }
        traffic.onReply();
        int width = reply.size() / distinctCount;
        if (reply.size() % distinctCount != 0 || !script.header().returns().accepts(width)) {
            IllegalStateException defect = new IllegalStateException(script + ": " + reply.size() + " values for "
                    + distinctCount + " calls (expected: " + script.header().returns() + " each)");
            calls.forEach(call -> call.fail(defect));
            return Outcome.AVAILABLE;
        }
        for (int i = 0; i < calls.size(); i++) {
            complete(calls.get(i), new Reply(reply, indexOfDistinct[i] * width, width));
        }
        return Outcome.AVAILABLE;
    }

    private void complete(PendingCall<?> call, Reply reply) {
        if (reply.isError()) {
            ServiceException failure = RedisErrors.ofText(reply.text(0));
            onDoubt(failure);
            call.fail(failure);
        } else {
            call.complete(reply);
        }
    }

    private void onErrorReply(ServiceException failure) {
        traffic.onReply();
        onDoubt(failure);
    }

    private void onDoubt(ServiceException failure) {
        if (RedisErrors.questionsWrites(failure)) {
            traffic.onDoubt();
            if (OutageCause.of(failure).isReplica()) {
                traffic.onReplica();
            }
        }
    }
}

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

/**
 * One script call for several operations, and {@code MGET} beside it if the header of the script declares {@code @values}.
 * Both are sent once and never retried, and complete all operations.
 */
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
        args.add(Integer.toString(scriptWidth()));
        args.add(Integer.toString(shared ? 0 : first.size()));
        if (shared) { // the common case: calls of one script often differ in their keys alone
            args.addAll(first);
        } else {
            distinct.forEach(operation -> args.addAll(operation.args()));
        }
    }

    /** Whether {@code MGET} reads the texts of the keys, so that they do not pass through Lua. */
    private boolean valuesBeside() {
        return script.header().values() && distinctCount > 1;
    }

    /** How many values the script returns for each operation. */
    private int scriptWidth() {
        return script.header().returns().min() - (valuesBeside() ? 1 : 0);
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

        /** Nothing was changed and no operation is complete: the slot is moving, and its keys are on two masters. */
        SEND_ONE_BY_ONE
    }

    /**
     * Sends the call, and completes its operations.
     *
     * @param timer runs on the thread that sends
     * @return completes, never exceptionally, when all operations are complete
     */
    CompletionStage<Outcome> send(
            BatchCommands commands,
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
        var unused = run(commands, timeout, trip).whenComplete((values, failure) -> {
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

    private CompletableFuture<List<Object>> run(BatchCommands commands, CallTimeout timeout, RoundTrip.Call trip) {
        Object[] arguments = args.toArray();
        try {
            CompletableFuture<List<Object>> reply = commands.evalSha(script, keys, arguments)
                    .exceptionallyCompose(e -> {
                        if (!RedisErrors.isNoScript(e)) {
                            return CompletableFuture.failedFuture(e);
                        }
                        trip.onReply();
                        timeout.restart();
                        metrics.onLoad();
                        return commands.eval(script, keys, arguments);
                    });
            return valuesBeside() ? reply.thenCombine(commands.mget(keys), this::withValues) : reply;
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

    /** Appends to the values of each operation that of its key. */
    private List<Object> withValues(List<Object> reply, List<Object> values) {
        int width = scriptWidth();
        if (reply.size() != width * distinctCount || values.size() != distinctCount) {
            return reply; // a defect, as it has too few values
        }
        List<Object> all = new ArrayList<>(reply.size() + distinctCount);
        for (int i = 0; i < distinctCount; i++) {
            all.addAll(reply.subList(i * width, (i + 1) * width));
            all.add(values.get(i));
        }
        return all;
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

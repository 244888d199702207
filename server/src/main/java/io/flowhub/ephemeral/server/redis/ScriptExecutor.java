package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;

/** Runs operations through one {@link ScriptBatcher} per script and master. */
final class ScriptExecutor implements AutoCloseable {

    interface Sender {

        /**
         * Sends a batch, and completes, never exceptionally, with whether Redis was available.
         *
         * @param queued how long the calls may have been queued
         * @param roundTrip to the master of the calls
         */
        CompletionStage<Boolean> send(Script script, List<PendingCall<?>> calls, Duration queued, RoundTrip roundTrip);
    }

    /** The masters that keys are on. */
    interface MasterTable {

        /** The master of a key: equal objects for keys of the same master. */
        Object of(String key);

        /** Whether a master that was returned is one still. */
        default boolean contains(Object master) {
            return true;
        }
    }

    /** Of one script call. Some managed Redis accept 3,999 arguments of a command. */
    private static final int MAX_KEYS_AND_ARGS = 3_500;

    /** Of a batched script, to a near master: one in Redis, and one under way. */
    private static final int NEAR_SCRIPTS_IN_FLIGHT = 2;

    /** Scripts that are not batched are pipelined instead. */
    private static final int UNBATCHED_SCRIPTS_IN_FLIGHT = 64;

    /** No sign of overload: at first, calls wait for those that find that Redis does not have the script, and load it. */
    private static final int LOAD_ROUND_TRIPS = 2;

    private final RedisSettings settings;
    private final ScheduledExecutorService loop;
    private final Ticker ticker;
    private final MasterTable masters;
    private final QueueMemory memory;
    private final Sender sender;
    private final QueueDelay queueDelay;

    /** By script and master: an unavailable master of a Cluster must not delay the calls to the others. */
    private final Map<Script, Map<Object, ScriptBatcher>> batchers = new ConcurrentHashMap<>();

    private final Map<Object, MasterTimes> times = new ConcurrentHashMap<>();

    private volatile boolean closed;

    /** Of one master. */
    private record MasterTimes(RoundTrip roundTrip, LastReply lastReply) {

        static MasterTimes of(Ticker ticker) {
            RoundTrip roundTrip = new RoundTrip(ticker);
            return new MasterTimes(roundTrip, new LastReply(ticker, roundTrip));
        }
    }

    /** @param loop runs tasks one after the other */
    ScriptExecutor(
            RedisSettings settings,
            ScheduledExecutorService loop,
            Ticker ticker,
            MasterTable masters,
            QueueMemory memory,
            Sender sender) {
        this.settings = settings;
        this.loop = loop;
        this.ticker = ticker;
        this.masters = masters;
        this.memory = memory;
        this.sender = sender;
        this.queueDelay = new QueueDelay(ticker);
    }

    /** How long calls were queued lately before they were sent; 0 if it is short. */
    long queuedMillis() {
        return queueDelay.millis();
    }

    /** To the master that is farthest away; zero while none is known. */
    Duration longestRoundTrip() {
        return times.values().stream()
                .map(master -> master.roundTrip().duration())
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
    }

    /** The queued calls of the script and master that have most. */
    int longestQueue() {
        return batchers.values().stream()
                .flatMap(byMaster -> byMaster.values().stream())
                .mapToInt(ScriptBatcher::queued)
                .max()
                .orElse(0);
    }

    /** @param cancelled read just before the operation is sent; if true it is dropped */
    <T> CompletableFuture<T> submit(Operation<T> operation, BooleanSupplier cancelled) {
        PendingCall<T> call = new PendingCall<>(operation, cancelled);
        submit(batcher(operation), call);
        return call.future();
    }

    /** Submits operations together: those of one batcher follow each other in one batch, unless it is full. */
    <T> CompletableFuture<List<T>> submitAll(List<Operation<T>> operations, BooleanSupplier cancelled) {
        List<CompletableFuture<T>> results = new ArrayList<>(operations.size());
        IdentityHashMap<ScriptBatcher, PendingCall<?>> chains = new IdentityHashMap<>();
        for (int i = operations.size() - 1; i >= 0; i--) { // the last one first, because each call has the one after it
            ScriptBatcher batcher = batcher(operations.get(i));
            PendingCall<T> call = new PendingCall<>(operations.get(i), cancelled, chains.get(batcher));
            chains.put(batcher, call);
            results.add(call.future());
        }
        Collections.reverse(results);
        chains.forEach(this::submit);
        return Futures.allAsList(results);
    }

    /** @param first with the calls that follow it */
    private void submit(ScriptBatcher batcher, PendingCall<?> first) {
        try {
            if (memory.reserve(first)) {
                batcher.submit(first);
            }
        } catch (RejectedExecutionException e) {
            first.failAll(shuttingDown());
        }
        if (closed) { // close() may have failed the queued calls before this one was queued
            first.failAll(shuttingDown());
        }
    }

    private ScriptBatcher batcher(Operation<?> operation) {
        Script script = operation.script();
        Object master = masters.of(operation.keys().get(0));
        Map<Object, ScriptBatcher> byMaster = batchers.computeIfAbsent(script, s -> new ConcurrentHashMap<>());
        ScriptBatcher batcher = byMaster.get(master);
        if (batcher != null) {
            return batcher;
        }
        if (!times.containsKey(master)) {
            removeMastersThatLeft();
        }
        return byMaster.computeIfAbsent(master, m -> newBatcher(script, master));
    }

    private ScriptBatcher newBatcher(Script script, Object master) {
        MasterTimes ofMaster = times.computeIfAbsent(master, m -> MasterTimes.of(ticker));
        RoundTrip roundTrip = ofMaster.roundTrip();
        int max = maxInFlight(script);
        int near = Math.min(max, nearInFlight(script));
        return new ScriptBatcher(
                script,
                settings.maxQueuedCalls(),
                maxBatch(script),
                near,
                () -> roundTrip.scriptsInFlight(near, max),
                loop,
                ticker,
                ofMaster.lastReply(),
                (calls, queued) -> {
                    queueDelay.record(queued.minus(roundTrip.duration().multipliedBy(LOAD_ROUND_TRIPS)));
                    return sender.send(script, calls, queued, roundTrip);
                });
    }

    /** Calls that they have queued fail or succeed as before. */
    private void removeMastersThatLeft() {
        times.keySet().removeIf(master -> !masters.contains(master));
        batchers.values().forEach(byMaster -> byMaster.keySet().removeIf(master -> !masters.contains(master)));
    }

    private int maxBatch(Script script) {
        int calls = Math.min(script.maxBatch(), settings.maxCallsPerScript());
        int perCall = script.header().keys().min() + script.header().args().min();
        return Math.max(1, Math.min(calls, MAX_KEYS_AND_ARGS / perCall));
    }

    private static int nearInFlight(Script script) {
        int near = script.header().batched() ? NEAR_SCRIPTS_IN_FLIGHT : UNBATCHED_SCRIPTS_IN_FLIGHT;
        return Math.min(near, script.maxInFlight());
    }

    /** However distant the master is. Sequential scripts stay sequential. */
    private int maxInFlight(Script script) {
        int max = script.header().batched() ? 1 : UNBATCHED_SCRIPTS_IN_FLIGHT;
        return script.maxInFlight() == 1 ? 1 : Math.max(max, settings.maxScriptsInFlight());
    }

    /** Fails all calls, queued and in flight. */
    @Override
    public void close() {
        closed = true;
        batchers.values()
                .forEach(byMaster -> byMaster.values().forEach(batcher -> {
                    try {
                        batcher.failAll(shuttingDown());
                    } catch (RejectedExecutionException e) {
                        // The loop has been shut down: closed before.
                    }
                }));
    }

    static ServiceException shuttingDown() {
        return new RedisUnavailableException("shutting down");
    }
}

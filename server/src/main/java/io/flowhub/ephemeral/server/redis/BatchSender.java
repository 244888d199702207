package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import org.redisson.api.RedissonClient;

/**
 * Sends the calls of a batch: one script call, or on a Cluster one per slot. They are sent in one turn of the event loop,
 * so in one write per connection. Redisson's RBatch is not used: when one master is unavailable it also fails the calls to
 * the others.
 */
final class BatchSender implements ScriptExecutor.Sender {

    /** A script call ends within 600 ms, of which 50 ms are left for the network between client and server. */
    private static final long MAX_MILLIS = 550;

    /** Allows for a short round trip. Calls that had to wait for longer than 350 ms, on an overloaded Redis, end later. */
    private static final long MIN_TIMEOUT_MILLIS = 200;

    private final boolean cluster;
    private final Namespace namespace;
    private final ScheduledExecutorService timer;
    private final Ticker ticker;
    private final long nearMillis;
    private final Traffic traffic;
    private final ScriptMetrics metrics;
    private final BatchCommands commands;

    /** Each script as it is sent. */
    private final Map<Script, Script> scriptsInNamespace = new ConcurrentHashMap<>();

    /** Redisson's own timeout comes last: it runs on a thread that does not read the sockets. */
    private static final int REDISSON_TIMEOUTS = 10;

    /** @param timer runs on the thread that sends */
    BatchSender(
            RedissonClient client,
            boolean cluster,
            Namespace namespace,
            ScheduledExecutorService timer,
            Ticker ticker,
            Duration timeout,
            Traffic traffic,
            ScriptMetrics metrics) {
        this.cluster = cluster;
        this.namespace = namespace;
        this.timer = timer;
        this.ticker = ticker;
        this.nearMillis = Math.min(timeout.toMillis() + 50, MAX_MILLIS);
        this.traffic = traffic;
        this.metrics = metrics;
        this.commands = new BatchCommands(client, Duration.ofMillis(REDISSON_TIMEOUTS * nearMillis));
    }

    /**
     * Completes, never exceptionally, when all calls are complete: with whether any master was available.
     *
     * @param queued how long the calls may have been queued
     * @param roundTrip to the master of the calls
     */
    @Override
    public CompletionStage<Boolean> send(
            Script original, List<PendingCall<?>> calls, Duration queued, RoundTrip roundTrip) {
        Script script = namespace.equals(Namespace.PLAIN)
                ? original
                : scriptsInNamespace.computeIfAbsent(original, each -> each.in(namespace));
        CallTimeout.Limits limits = limits(queued, roundTrip);
        if (!cluster || calls.size() == 1) {
            return sendAsOne(script, calls, limits, roundTrip);
        }
        Map<Integer, List<PendingCall<?>>> bySlot = new LinkedHashMap<>();
        for (PendingCall<?> call : calls) {
            int slot = Slots.of(call.operation().keys().get(0));
            bySlot.computeIfAbsent(slot, s -> new ArrayList<>()).add(call);
        }
        return sendParts(script, bySlot.values(), limits, roundTrip);
    }

    private CompletionStage<Boolean> sendParts(
            Script script, Iterable<List<PendingCall<?>>> parts, CallTimeout.Limits limits, RoundTrip roundTrip) {
        CompletableFuture<Boolean> available = CompletableFuture.completedFuture(false);
        for (List<PendingCall<?>> part : parts) {
            available = available.thenCombine(sendAsOne(script, part, limits, roundTrip), Boolean::logicalOr);
        }
        return available;
    }

    private CompletionStage<Boolean> sendAsOne(
            Script script, List<PendingCall<?>> calls, CallTimeout.Limits limits, RoundTrip roundTrip) {
        return new BatchCall(script, calls, namespace, traffic, metrics)
                .send(commands, timer, ticker, limits, roundTrip)
                .thenCompose(outcome -> switch (outcome) {
                    case AVAILABLE -> CompletableFuture.completedFuture(true);
                    case UNAVAILABLE -> CompletableFuture.completedFuture(false);
                    case SEND_ONE_BY_ONE ->
                        sendParts(
                                script,
                                calls.stream()
                                        .<List<PendingCall<?>>>map(List::of)
                                        .toList(),
                                limits,
                                roundTrip);
                });
    }

    /**
     * From getting a connection to the reply: longer to a distant Redis, and shorter if the calls were queued behind a late
     * reply and Redis is silent now: the 600 ms include the queue delay. On a Cluster the replies of one master state nothing
     * about another one.
     */
    private CallTimeout.Limits limits(Duration queued, RoundTrip roundTrip) {
        long fullMillis = roundTrip.lateAfterMillis(nearMillis, MAX_MILLIS);
        long leftMillis = Math.max(roundTrip.expectedMillis(MIN_TIMEOUT_MILLIS), MAX_MILLIS - queued.toMillis());
        return leftMillis >= fullMillis
                ? new CallTimeout.Limits(fullMillis, fullMillis)
                : new CallTimeout.Limits(cluster ? leftMillis : fullMillis, leftMillis);
    }
}

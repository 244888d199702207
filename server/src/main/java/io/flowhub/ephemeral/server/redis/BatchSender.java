package io.flowhub.ephemeral.server.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import org.redisson.api.RScriptAsync;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.client.codec.StringCodec;

/**
 * Sends the calls of a batch: one script call, or on a Cluster one per slot. They leave in one turn of the network thread,
 * so in one write per connection. Redisson's RBatch would save little and lose much: when one master is away it fails the
 * calls to the others too.
 */
final class BatchSender {

    /** Callers are promised an answer within 600 ms; 50 of them are for the way from and to them. */
    private static final long MAX_MILLIS = 550;

    private static final long MIN_GUARD_MILLIS = 50;

    private final boolean cluster;
    private final ScheduledExecutorService timer;
    private final Duration timeout;
    private final RScriptAsync scripts;

    /** @param timer runs on the thread that sends */
    BatchSender(RedissonClient client, boolean cluster, ScheduledExecutorService timer, Duration timeout) {
        this.cluster = cluster;
        this.timer = timer;
        this.timeout = timeout;
        // Whatever the configuration says: Redisson would repeat an EVAL whose answer is late, and charge twice.
        this.scripts = client.getScript(OptionalOptions.defaults()
                .codec(StringCodec.INSTANCE)
                .retryAttempts(0)
                .timeout(timeout));
    }

    /**
     * Completes, never exceptionally, when all calls are answered or failed: with whether any of Redis was available.
     *
     * @param waited how long the calls may have waited before
     */
    CompletionStage<Boolean> send(Script script, List<PendingCall<?>> calls, Duration waited) {
        long guardMillis = guardMillis(waited);
        if (!cluster || calls.size() == 1) {
            return sendTogether(script, calls, guardMillis);
        }
        Map<Integer, List<PendingCall<?>>> bySlot = new LinkedHashMap<>();
        for (PendingCall<?> call : calls) {
            int slot = Slots.of(call.operation().keys().get(0));
            bySlot.computeIfAbsent(slot, s -> new ArrayList<>()).add(call);
        }
        return sendAll(script, bySlot.values(), guardMillis);
    }

    private CompletionStage<Boolean> sendAll(Script script, Iterable<List<PendingCall<?>>> parts, long guardMillis) {
        CompletableFuture<Boolean> available = CompletableFuture.completedFuture(false);
        for (List<PendingCall<?>> part : parts) {
            available = available.thenCombine(sendTogether(script, part, guardMillis), Boolean::logicalOr);
        }
        return available;
    }

    private CompletionStage<Boolean> sendTogether(Script script, List<PendingCall<?>> calls, long guardMillis) {
        return new BatchCall(script, calls).send(scripts, timer, guardMillis).thenCompose(outcome -> switch (outcome) {
            case AVAILABLE -> CompletableFuture.completedFuture(true);
            case UNAVAILABLE -> CompletableFuture.completedFuture(false);
            case SEND_ONE_BY_ONE ->
                sendAll(
                        script,
                        calls.stream().<List<PendingCall<?>>>map(List::of).toList(),
                        guardMillis);
        });
    }

    /**
     * A little more than Redisson's own time-out, for what that one does not cover: getting a connection, writing. Less,
     * if the calls have waited for a late answer to others: they are promised one in time.
     */
    private long guardMillis(Duration waited) {
        return Math.max(MIN_GUARD_MILLIS, Math.min(timeout.toMillis() + 50, MAX_MILLIS - waited.toMillis()));
    }
}

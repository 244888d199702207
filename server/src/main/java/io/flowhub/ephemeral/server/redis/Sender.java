package io.flowhub.ephemeral.server.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RScriptAsync;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.OptionalOptions;
import org.redisson.client.codec.StringCodec;

/** Sends the calls of a batch: one script call, or on a Cluster one per slot, all in one RBatch. */
final class Sender {

    private final RedissonClient client;
    private final boolean cluster;
    private final ScheduledExecutorService timer;
    private final Duration timeout;
    private final RScriptAsync scripts;

    /** @param timer runs on the thread that sends */
    Sender(RedissonClient client, boolean cluster, ScheduledExecutorService timer, Duration timeout) {
        this.client = client;
        this.cluster = cluster;
        this.timer = timer;
        this.timeout = timeout;
        // Whatever the configuration says: Redisson would repeat an EVAL whose answer is late, and charge twice.
        this.scripts = client.getScript(OptionalOptions.defaults()
                .codec(StringCodec.INSTANCE)
                .retryAttempts(0)
                .timeout(timeout));
    }

    /** Completes, never exceptionally, when all calls are answered or failed: with whether any of Redis was available. */
    CompletionStage<Boolean> send(Script script, List<Pending<?>> calls) {
        if (!cluster || calls.size() == 1) {
            return new ScriptCall(script, calls).send(scripts, scripts, timer, guardMillis());
        }
        Map<Integer, List<Pending<?>>> bySlot = new LinkedHashMap<>();
        for (Pending<?> call : calls) {
            int slot = Slots.of(call.operation().keys().get(0));
            bySlot.computeIfAbsent(slot, s -> new ArrayList<>()).add(call);
        }
        RBatch batch = client.createBatch(
                BatchOptions.defaults().retryAttempts(0).responseTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS));
        RScriptAsync batched = batch.getScript(StringCodec.INSTANCE);
        CompletableFuture<Boolean> available = CompletableFuture.completedFuture(false);
        for (List<Pending<?>> together : bySlot.values()) {
            available = available.thenCombine(
                    new ScriptCall(script, together).send(batched, scripts, timer, guardMillis()), Boolean::logicalOr);
        }
        var unused = batch.executeAsync(); // each call has a future of its own
        return available;
    }

    /** A little more than Redisson's own time-out, for what that one does not cover: getting a connection, writing. */
    private long guardMillis() {
        return timeout.toMillis() + 50;
    }
}

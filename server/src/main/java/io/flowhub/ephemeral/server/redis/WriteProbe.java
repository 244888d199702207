package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.concurrent.Futures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Whether calls can succeed: a script call through the connections and batchers that all calls use. Its reply proves that
 * Redis accepts writes; the arrival of what it publishes proves that the subscriptions deliver. On a Cluster it goes to the
 * masters in turn, and to all others if it fails: one that accepts writes is enough.
 */
final class WriteProbe {

    /** The channel to which the probe publishes. */
    static final String CHANNEL = "ephemeral:keepalive";

    /** The key that the probe writes; on a Cluster {@code ephemeral:probe:{tag}} on each master. */
    static final String KEY = "ephemeral:probe";

    private static final Duration KEY_TTL = Duration.ofMinutes(1);
    private static final Script SCRIPT = Script.load("redis/probe_writes");
    private static final BooleanSupplier NEVER_CANCELLED = Cancellation.NEVER;

    private final ScriptExecutor scripts;
    private final Masters masters;
    private final String channel;
    private final AtomicInteger next = new AtomicInteger();

    WriteProbe(ScriptExecutor scripts, Masters masters, String channel) {
        this.scripts = scripts;
        this.masters = masters;
        this.channel = channel;
    }

    /** Completes, never exceptionally: with empty if a master accepted the write, else with why none did. */
    CompletableFuture<Optional<OutageCause>> send() {
        List<String> keys = new ArrayList<>(masters.keys(KEY));
        String first = keys.remove(Math.floorMod(next.getAndIncrement(), keys.size()));
        return send(first).thenCompose(failure -> {
            CompletableFuture<Optional<OutageCause>> result = CompletableFuture.completedFuture(failure);
            return failure.isEmpty()
                    ? result
                    : keys.stream()
                            .map(this::send)
                            .reduce(result, (one, other) -> one.thenCombine(other, (a, b) -> a.isPresent() ? b : a));
        });
    }

    private CompletableFuture<Optional<OutageCause>> send(String key) {
        return scripts.submit(operation(key), NEVER_CANCELLED)
                .exceptionally(failure -> Optional.of(OutageCause.of(Futures.unwrap(failure))));
    }

    private Operation<Optional<OutageCause>> operation(String key) {
        return new Operation<>(
                SCRIPT, List.of(key), List.of(channel, Long.toString(KEY_TTL.toMillis())), WriteProbe::decode);
    }

    /** A full Redis is available: calls that store something are rejected, the others succeed. */
    private static Optional<OutageCause> decode(Reply reply) {
        String error = reply.text(2);
        return error.isEmpty() || RedisErrors.isOutOfMemory(error)
                ? Optional.empty()
                : Optional.of(OutageCause.ofReply(reply.text(1), error));
    }
}

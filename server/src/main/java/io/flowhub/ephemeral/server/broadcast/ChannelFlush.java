package io.flowhub.ephemeral.server.broadcast;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits until everything that was published before has arrived at this server: until a probe arrives that is published
 * now. One probe at a time serves all that wait for it.
 */
final class ChannelFlush implements AutoCloseable {

    /** After which the probe is published again: it may be lost. */
    private static final Duration RETRY_INTERVAL = Duration.ofMillis(200);

    private final String name;
    private final Consumer<Envelope.Probe> publisher;
    private final Executor afterInterval =
            CompletableFuture.delayedExecutor(RETRY_INTERVAL.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);

    private long probes;
    private @Nullable CompletableFuture<Void> current;
    private @Nullable CompletableFuture<Void> next;
    private boolean closed;

    /** @param publisher publishes a probe to the channel; may fail */
    ChannelFlush(String serverId, Consumer<Envelope.Probe> publisher) {
        this.name = "flush:" + serverId + ":";
        this.publisher = publisher;
    }

    /** Completes on the thread on which the probe arrives. */
    synchronized CompletableFuture<Void> flush() {
        if (current == null) {
            CompletableFuture<Void> started = new CompletableFuture<>();
            start(started);
            return started;
        }
        if (next == null) {
            next = new CompletableFuture<>();
        }
        return next;
    }

    private void start(CompletableFuture<Void> flush) {
        current = flush;
        probes++;
        publishUntilReceived(probes);
    }

    private synchronized void publishUntilReceived(long probe) {
        if (probe == probes && current != null && !closed) {
            publisher.accept(new Envelope.Probe(name + probe));
            afterInterval.execute(() -> publishUntilReceived(probe));
        }
    }

    void onProbe(Envelope.Probe probe) {
        CompletableFuture<Void> received;
        synchronized (this) {
            if (current == null || !probe.name().equals(name + probes)) {
                return;
            }
            received = current;
            current = null;
            if (next != null) {
                start(next);
                next = null;
            }
        }
        received.complete(null);
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}

package io.flowhub.ephemeral.server.broadcast;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Publishes a marker after messages, so that a number follows the last message and its loss is found too. */
final class TailMarker implements AutoCloseable {

    private static final Duration DELAY = Duration.ofSeconds(2);

    /** Has no meaning but its number. */
    private static final Envelope.Probe MARKER = new Envelope.Probe("marker");

    private final Consumer<Envelope.Probe> publisher;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Executor afterDelay =
            CompletableFuture.delayedExecutor(DELAY.toMillis(), TimeUnit.MILLISECONDS, Runnable::run);
    private volatile boolean closed;

    /** @param publisher publishes a marker to the channel; may fail */
    TailMarker(Consumer<Envelope.Probe> publisher) {
        this.publisher = publisher;
    }

    /** A message is published now. At most one marker is pending. */
    void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            afterDelay.execute(this::publish);
        }
    }

    private void publish() {
        scheduled.set(false); // first: a message from here on has another marker
        if (!closed) {
            publisher.accept(MARKER);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}

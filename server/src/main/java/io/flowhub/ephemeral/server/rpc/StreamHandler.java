package io.flowhub.ephemeral.server.rpc;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a feature does on one open stream. Calls of {@link #onMessage} and {@link #onHalfClose} never overlap, and neither
 * do calls of {@link #poll}; but {@code poll} may overlap with the others, on any thread.
 */
public interface StreamHandler<Q, R> {

    /** Handles a request. An exception ends the stream with its status. */
    void onMessage(Q message);

    /** The next response, or null if there is none now. Called only while the client reads fast enough. */
    @Nullable
    R poll();

    /** The client sends no more requests. It may go on reading. */
    default void onHalfClose() {}

    /** Whether the server may complete the stream. Called when {@link #poll} returned null. */
    default boolean isComplete() {
        return false;
    }

    /**
     * The event that announces the end of the stream, or null if the stream has no such event and ends at once.
     *
     * @param timeLeft until the stream ends
     */
    default @Nullable R drainingEvent(Duration timeLeft) {
        return null;
    }

    /**
     * The client has half-closed the stream after that event. Completes when {@link #poll} has everything that happened
     * before; then the stream ends.
     */
    default CompletableFuture<?> flush() {
        return CompletableFuture.completedFuture(null);
    }

    /** The stream has ended, for whatever reason. Called once. */
    default void onClosed() {}

    /** The sending side of the stream, for its handler. Thread-safe. */
    interface Outbound {

        /** {@link #poll} has a response, or {@link #isComplete} has become true. */
        void signal();

        /** Requests one more message from the client. */
        void requestNext();
    }
}

package io.flowhub.ephemeral.server.rpc;

import org.jspecify.annotations.Nullable;

/**
 * What a feature does on one open stream. {@link #onMessage} and {@link #onHalfClose} are called one after the other;
 * {@link #next} too, but perhaps at the same time as they, on any thread.
 */
public interface StreamHandler<Q, R> {

    /** Takes what the caller sent. What it throws ends the stream with the status of it. */
    void onMessage(Q message);

    /** The next thing to say, or null if there is nothing now. Asked only while the caller reads fast enough. */
    @Nullable
    R next();

    /** The caller will send no more. He may go on reading. */
    default void onHalfClose() {}

    /** Whether all is said, asked when there is nothing to say. */
    default boolean isOver() {
        return false;
    }

    /** The stream is over, however it ended. Called once. */
    default void onClosed() {}

    /** What a talk may ask of its stream, on any thread. */
    interface Line {

        /** There is something to say. */
        void wake();

        /** The next message may come. */
        void readOn();
    }
}

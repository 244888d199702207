package io.flowhub.ephemeral.client.internal.stream;

/** The sending side of a {@link ReconnectingStream}. Tests replace it. */
public interface OutgoingStream<Q> {

    /** Runs a task on the thread of the stream. Does nothing once the stream is closed. */
    void execute(Runnable task);

    /** Whether a message can be sent without queueing it in memory. Check before each {@link #send}. */
    boolean isReady();

    void send(Q message);

    /** Cancels the current stream and opens the next one. Messages that still arrive are dropped. */
    void abort(String reason);
}

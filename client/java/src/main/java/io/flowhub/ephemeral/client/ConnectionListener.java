package io.flowhub.ephemeral.client;

/**
 * Receives the state of the stream behind {@link Heartbeats}, {@link PresenceWatch}, {@link TypingWatch} or
 * {@link Subscription}. The stream reconnects by itself; these methods are for logs and metrics.
 *
 * <p>All methods of a listener run one after the other, on a thread of the client that only this listener can block. What
 * it throws goes to that thread's {@link Thread.UncaughtExceptionHandler} and ends nothing.
 */
public interface ConnectionListener {

    /** The server has sent its first message on this stream: after the first connect and after each reconnect. */
    default void connected() {}

    /**
     * The stream broke, or could not be opened. Called for each failed attempt.
     *
     * @param cause as {@link EphemeralErrors} reads it, such as {@code ERROR_REASON_DRAINING} when a server shuts down
     */
    default void disconnected(Throwable cause) {}
}

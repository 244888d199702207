package io.flowhub.ephemeral.client;

/**
 * Hears of the stream behind {@link Heartbeats}, {@link PresenceWatch}, {@link TypingWatch} or {@link Subscription}, which
 * is opened anew by itself. There is nothing to do; it is for logs and metrics.
 *
 * <p>All methods of a listener are called one after the other, on a thread of the client that only this listener holds up.
 * What it throws goes to that thread's {@link Thread.UncaughtExceptionHandler} and ends nothing.
 */
public interface ConnectionListener {

    /** The server answers, for the first time or again. */
    default void connected() {}

    /**
     * The stream broke, or could not be opened: told at each attempt that fails.
     *
     * @param cause what {@link EphemeralErrors} reads, such as {@code ERROR_REASON_DRAINING} when a server stops
     */
    default void disconnected(Throwable cause) {}
}

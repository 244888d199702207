package io.flowhub.ephemeral.client.internal.heartbeat;

/** The schedule of one key's heartbeats. Times are those of {@link System#nanoTime}. Not thread-safe. */
final class HeartbeatTimer {

    final HeartbeatKey key;

    /** When to send the next one. */
    long due;

    /** When the last accepted one was sent: the user's lifetime runs from there. */
    long acceptedAt;

    /** Whether one was ever accepted. */
    boolean wasAccepted;

    /** Rejections since the last accepted one. */
    int rejections;

    /** Whether one is in flight. If not, the timer is in the queue. */
    boolean isInFlight;

    /** SetOffline follows once no heartbeat is in flight that could mark the user online again. */
    boolean isLeaving;

    /** Removed, but still in the queue or in flight. */
    boolean isRemoved;

    HeartbeatTimer(HeartbeatKey key, long due) {
        this.key = key;
        this.due = due;
    }
}

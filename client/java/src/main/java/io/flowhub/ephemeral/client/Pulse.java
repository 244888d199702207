package io.flowhub.ephemeral.client;

/** What is known of one who is beaten. Times are those of {@link System#nanoTime}. Not thread-safe. */
final class Pulse {

    final Beat beat;

    /** When to send the next one. */
    long due;

    /** When the last one that the server took was sent: what keeps him online runs from there. */
    long takenAt;

    /** Whether one was ever taken. */
    boolean isTaken;

    /** How many were refused since. */
    int refusals;

    /** Whether one is under way: then he is in a frame, and else in line. */
    boolean isUnderWay;

    /** He is to be made offline, once nothing is under way that would make him online again. */
    boolean isLeaving;

    /** He is beaten no more, and only still in line. */
    boolean isGone;

    Pulse(Beat beat, long due) {
        this.beat = beat;
        this.due = due;
    }
}

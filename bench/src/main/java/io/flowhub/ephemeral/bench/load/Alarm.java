package io.flowhub.ephemeral.bench.load;

import java.nio.channels.Selector;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends the wait of a selector at a time, because a selector itself waits for whole milliseconds. It checks the time twenty
 * thousand times a second at most: calls that are due in between start together.
 */
final class Alarm implements AutoCloseable {

    private static final long MIN_NANOS = 50_000;
    private static final long IDLE_NANOS = 1_000_000;

    private final Selector selector;
    private final Thread thread = new Thread(this::run, "alarm");
    private volatile long dueNanos = Long.MAX_VALUE;
    private volatile boolean closed;

    Alarm(Selector selector) {
        this.selector = selector;
        thread.setDaemon(true);
        thread.start();
    }

    /** Sets the time of the next wake-up, which replaces the one before. */
    void set(long nanos) {
        dueNanos = nanos;
    }

    private void run() {
        while (!closed) {
            long due = dueNanos;
            long wait = due == Long.MAX_VALUE ? IDLE_NANOS : due - System.nanoTime();
            if (wait <= 0) {
                dueNanos = Long.MAX_VALUE; // once: the thread of the selector may have to wait for a core
                selector.wakeup();
            }
            LockSupport.parkNanos(Math.min(IDLE_NANOS, Math.max(MIN_NANOS, wait)));
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}

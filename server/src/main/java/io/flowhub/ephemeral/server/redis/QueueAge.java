package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * How long the first call of a queue has been queued, without a time per call: while calls cannot be sent, it is recorded at
 * some times how many had been queued until then. Confined to the event loop.
 */
final class QueueAge {

    /** The calls from this index on were queued after this time. */
    private record Mark(long nanos, long index) {}

    private final Ticker ticker;
    private final Queue<Mark> marks = new ArrayDeque<>();
    private boolean waiting;

    /** While calls wait: none was queued before. */
    private long oldestNanos;

    QueueAge(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * From now on calls wait.
     *
     * @param nextIndex the index of the next call to be queued
     */
    void mark(long nextIndex) {
        long now = ticker.read();
        if (!waiting) {
            waiting = true;
            oldestNanos = now;
        }
        marks.add(new Mark(now, nextIndex));
    }

    /** No call waits. */
    void clear() {
        waiting = false;
        marks.clear();
    }

    /** How long the call with this index, the first of the queue, has been queued at most. */
    long nanosOf(long index) {
        if (!waiting) {
            return 0;
        }
        Mark next = marks.peek();
        while (next != null && next.index() <= index) {
            oldestNanos = next.nanos();
            marks.remove();
            next = marks.peek();
        }
        return ticker.read() - oldestNanos;
    }
}

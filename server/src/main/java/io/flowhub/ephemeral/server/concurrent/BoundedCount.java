package io.flowhub.ephemeral.server.concurrent;

import java.util.concurrent.atomic.AtomicLong;

/** Counts what is in use of something bounded: bytes, calls. Thread-safe and lock-free. */
public final class BoundedCount {

    private final long limit;
    private final AtomicLong reserved = new AtomicLong();

    public BoundedCount(long limit) {
        this.limit = limit;
    }

    /** Reserves this much and returns true, or reserves nothing if it exceeds the limit. */
    public boolean tryReserve(long amount) {
        return tryReserve(amount, 0);
    }

    /**
     * Reserves this much and returns true, or reserves nothing if it exceeds the limit.
     *
     * @param beyond how much more than the limit may be reserved
     */
    public boolean tryReserve(long amount, long beyond) {
        if (reserved.addAndGet(amount) > limit + beyond) {
            reserved.addAndGet(-amount);
            return false;
        }
        return true;
    }

    /** Reserves what is in use already, also beyond the limit. */
    public void reserve(long amount) {
        reserved.addAndGet(amount);
    }

    public void release(long amount) {
        reserved.addAndGet(-amount);
    }

    public long reserved() {
        return reserved.get();
    }

    public long limit() {
        return limit;
    }
}

package io.flowhub.ephemeral.server.concurrent;

import java.util.concurrent.atomic.AtomicLong;

/** Counts what is in use of something bounded: bytes, calls. Thread-safe and lock-free. */
public final class BoundedCount {

    private volatile long limit;
    private final AtomicLong reserved = new AtomicLong();

    public BoundedCount(long limit) {
        this.limit = limit;
    }

    /** Reserves this much and returns true, or reserves nothing if it exceeds the limit. */
    public boolean tryReserve(long amount) {
        return tryReserveWithin(amount, limit);
    }

    /** Reserves this much and returns true, or reserves nothing if it exceeds this bound instead of the limit. */
    public boolean tryReserveWithin(long amount, long bound) {
        if (reserved.addAndGet(amount) > bound) {
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

    /** Sets another limit. What is reserved stays, also beyond it. */
    public void setLimit(long next) {
        limit = next;
    }
}

package io.flowhub.ephemeral.server.fanout;

import java.util.concurrent.atomic.AtomicLong;

/** Counts the estimated bytes that all streams of this server hold for one purpose. Thread-safe and lock-free. */
public final class MemoryAccount {

    private final long limit;
    private final AtomicLong reserved = new AtomicLong();

    public MemoryAccount(long limit) {
        this.limit = limit;
    }

    /** Reserves the bytes and returns true, or reserves nothing if they exceed the limit. */
    boolean tryReserve(long bytes) {
        if (reserved.addAndGet(bytes) > limit) {
            reserved.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Reserves bytes that are in use already, also beyond the limit. */
    void reserve(long bytes) {
        reserved.addAndGet(bytes);
    }

    void release(long bytes) {
        reserved.addAndGet(-bytes);
    }

    public long reserved() {
        return reserved.get();
    }

    public long limit() {
        return limit;
    }
}

package io.flowhub.ephemeral.server.rpc;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts the unary calls and streams that are open over all connections: each costs memory from its first byte on. */
public final class OpenCalls {

    private final int max;
    private final AtomicInteger open = new AtomicInteger();

    /** @param max how many may be open; further ones end with OVERLOADED */
    public OpenCalls(int max) {
        this.max = max;
    }

    /**
     * Counts one more, if it fits.
     *
     * @param reserve how many more than the maximum fit
     */
    boolean tryOpen(int reserve) {
        if (open.incrementAndGet() <= max + reserve) {
            return true;
        }
        close();
        return false;
    }

    void close() {
        open.decrementAndGet();
    }

    int max() {
        return max;
    }
}

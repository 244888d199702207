package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.redis.Reply;

/**
 * Totals of the measured keys of one master by kind. Kinds are numbered from 0; the last one is for keys of no kind. Not
 * thread-safe: one thread at a time adds.
 */
final class KindTotals {

    /**
     * Bytes per key that MEMORY USAGE does not count: the entry in the table of expiry times (24 bytes), the buckets in
     * that table and in the table of keys (8 bytes each, one to two of them per key), and what the allocator rounds up. By
     * INFO, 10,000 keys of one kind took 50 to 71 bytes per key more than by MEMORY USAGE on Redis 7.0.15, and 34 to 57 on
     * 6.2; the least for small integers, because Redis shares their objects but MEMORY USAGE counts them.
     */
    static final int OVERHEAD_BYTES = 56;

    private final long[] keys;
    private final double[] bytes;
    private final double[] squares;
    private long sampled;

    KindTotals(int kinds) {
        this.keys = new long[kinds + 1];
        this.bytes = new double[kinds + 1];
        this.squares = new double[kinds + 1];
    }

    /** Adds the keys that a script measured, and returns this. */
    KindTotals add(Reply reply) {
        int values = (int) reply.number(0);
        for (int i = 1; i < values; i += 2) {
            add((int) reply.number(i), reply.number(i + 1));
        }
        return this;
    }

    /** @param scriptKind number of the kind in the scripts: from 1, or 0 for no kind */
    void add(int scriptKind, long memoryUsage) {
        int kind = scriptKind == 0 ? keys.length - 1 : scriptKind - 1;
        double size = memoryUsage + OVERHEAD_BYTES;
        keys[kind]++;
        bytes[kind] += size;
        squares[kind] += size * size;
        sampled++;
    }

    /** Number of measured keys of all kinds. */
    long sampled() {
        return sampled;
    }

    long keys(int kind) {
        return keys[kind];
    }

    double bytes(int kind) {
        return bytes[kind];
    }

    /** The variance of what a key adds to the bytes of this kind: its size, or 0 if it is of another kind. */
    double variance(int kind) {
        double mean = bytes[kind] / sampled;
        return sampled < 2 ? 0 : Math.max(0, squares[kind] - sampled * mean * mean) / (sampled - 1);
    }
}

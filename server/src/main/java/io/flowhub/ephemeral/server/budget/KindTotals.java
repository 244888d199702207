package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.redis.Reply;

/**
 * The weighed keys of one master by kind, counted from 0; the last one is for keys of no kind. One thread at a time adds.
 */
final class KindTotals {

    /**
     * What MEMORY USAGE leaves out: the key's entry in the table of expiry times (24 bytes), its buckets in that table and
     * in the one of keys (8 bytes each, one to two of them a key), and what the allocator rounds up. By INFO, 10,000 keys
     * of one kind took 50 to 71 bytes a key more than MEMORY USAGE said on Redis 7.0.15, and 34 to 57 on 6.2; the least for
     * small integers, of which Redis shares the objects that MEMORY USAGE counts.
     */
    static final int UNSEEN_BYTES = 56;

    private final long[] keys;
    private final double[] bytes;
    private final double[] squares;
    private long weighed;

    KindTotals(int kinds) {
        this.keys = new long[kinds + 1];
        this.bytes = new double[kinds + 1];
        this.squares = new double[kinds + 1];
    }

    /** Adds the keys that a script weighed, and returns this. */
    KindTotals add(Reply reply) {
        int values = (int) reply.number(0);
        for (int i = 1; i < values; i += 2) {
            add((int) reply.number(i), reply.number(i + 1));
        }
        return this;
    }

    /** @param kind counted from 1, 0 for none */
    void add(int kind, long memoryUsage) {
        int index = kind == 0 ? keys.length - 1 : kind - 1;
        double size = memoryUsage + UNSEEN_BYTES;
        keys[index]++;
        bytes[index] += size;
        squares[index] += size * size;
        weighed++;
    }

    long weighed() {
        return weighed;
    }

    long keys(int kind) {
        return keys[kind];
    }

    double bytes(int kind) {
        return bytes[kind];
    }

    /** The variance of what a key adds to the bytes of this kind: its size, or 0 if it is of another kind. */
    double variance(int kind) {
        double mean = bytes[kind] / weighed;
        return weighed < 2 ? 0 : Math.max(0, squares[kind] - weighed * mean * mean) / (weighed - 1);
    }
}

package io.flowhub.ephemeral.bench.load;

/**
 * The state of the calls of one connection, in a ring: the place of a stream follows from its number. A stream number
 * whose place is taken is skipped, which HTTP/2 allows.
 */
final class CallSlots {

    private final int mask;
    private final int[] streams; // 0: free
    private final long[] scheduledNanos;
    private int lastStream = -1;
    private int used;

    /** The bytes of the response so far. */
    final int[] bytes;

    /** Whether the response differs from the expected one. */
    final boolean[] mismatched;

    /** Whether the header block that is being received ends the stream. */
    final boolean[] ended;

    CallSlots(int atLeast) {
        int capacity = Integer.highestOneBit(atLeast - 1) << 1;
        this.mask = capacity - 1;
        this.streams = new int[capacity];
        this.scheduledNanos = new long[capacity];
        this.bytes = new int[capacity];
        this.mismatched = new boolean[capacity];
        this.ended = new boolean[capacity];
    }

    int used() {
        return used;
    }

    /** Returns the number of the stream for the next call. */
    int take(long scheduled) {
        int slot;
        do {
            lastStream += 2;
            slot = place(lastStream);
        } while (streams[slot] != 0);
        streams[slot] = lastStream;
        scheduledNanos[slot] = scheduled;
        bytes[slot] = 0;
        mismatched[slot] = false;
        used++;
        return lastStream;
    }

    boolean isTaken(int stream) {
        return streams[place(stream)] == stream;
    }

    int slot(int stream) {
        int slot = place(stream);
        if (streams[slot] != stream) {
            throw new IllegalStateException("a frame of stream " + stream + ", which has no call");
        }
        return slot;
    }

    private int place(int stream) {
        return (stream >> 1) & mask;
    }

    /** Returns the time that the call was taken with. */
    long release(int slot) {
        streams[slot] = 0;
        used--;
        return scheduledNanos[slot];
    }
}

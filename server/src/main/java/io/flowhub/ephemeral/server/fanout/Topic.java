package io.flowhub.ephemeral.server.fanout;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A user or a room that streams watch, with the state that the server has of it. There is one per id and {@link Hub}, which
 * guards its changes. Features add their state, which {@link Outbox#poll} reads on other threads.
 */
public abstract class Topic {

    /** Random, so that callers cannot choose ids that collide in {@link TopicTable}. Odd, so that no character is lost. */
    private static final long HASH_MULTIPLIER = ThreadLocalRandom.current().nextLong() | 1;

    private static final int STRING_BYTES = 24;
    private static final int ARRAY_HEADER_BYTES = 16;

    private static final int FLAG_BITS = 8;

    private final String id;

    /** The hash and, in the lowest byte, the flags of {@link SnapshotReader}: a field more costs 8 bytes of alignment. */
    private int hashAndFlags;

    /**
     * Most topics have one stream: null, a stream, or an array of at least two. A change replaces the array, so a message is
     * delivered without a lock.
     */
    private volatile @Nullable Object streams;

    protected Topic(String id) {
        this.id = id;
        this.hashAndFlags = hash(id) << FLAG_BITS;
    }

    public final String id() {
        return id;
    }

    /** The topic has lost its last stream, and the hub drops it. */
    protected void onUnwatched() {}

    final boolean isWatched() {
        return streams != null;
    }

    final void add(FanoutStream<?, ?, ?, ?> stream) {
        Object present = streams;
        if (present == null) {
            streams = stream;
        } else if (present instanceof FanoutStream<?, ?, ?, ?>[] many) {
            FanoutStream<?, ?, ?, ?>[] more = Arrays.copyOf(many, many.length + 1);
            more[many.length] = stream;
            streams = more;
        } else {
            streams = new FanoutStream<?, ?, ?, ?>[] {(FanoutStream<?, ?, ?, ?>) present, stream};
        }
    }

    final void remove(FanoutStream<?, ?, ?, ?> stream) {
        if (streams instanceof FanoutStream<?, ?, ?, ?>[] many) {
            FanoutStream<?, ?, ?, ?>[] fewer =
                    Arrays.stream(many).filter(other -> other != stream).toArray(FanoutStream<?, ?, ?, ?>[]::new);
            streams = fewer.length == 1 ? fewer[0] : fewer;
        } else {
            streams = null;
        }
    }

    final void forEachStream(Consumer<FanoutStream<?, ?, ?, ?>> action) {
        Object present = streams;
        if (present instanceof FanoutStream<?, ?, ?, ?>[] many) {
            for (FanoutStream<?, ?, ?, ?> stream : many) {
                action.accept(stream);
            }
        } else if (present != null) {
            action.accept((FanoutStream<?, ?, ?, ?>) present);
        }
    }

    final int hash() {
        return hashAndFlags >>> FLAG_BITS;
    }

    final boolean has(int flag) {
        return (hashAndFlags & flag) != 0;
    }

    final void set(int flags) {
        hashAndFlags |= flags;
    }

    final void clear(int flags) {
        hashAndFlags &= ~flags;
    }

    /** In 24 bits. */
    static int hash(String id) {
        long hash = 0;
        for (int i = 0; i < id.length(); i++) {
            hash = hash * HASH_MULTIPLIER + id.charAt(i) + 1;
        }
        return (int) ((hash * HASH_MULTIPLIER) >>> (Long.SIZE - Integer.SIZE + FLAG_BITS));
    }

    /** The bytes of an id in memory. */
    static int bytes(String id) {
        int chars = id.length();
        boolean latin = true;
        for (int i = 0; i < chars && latin; i++) {
            latin = id.charAt(i) < 256;
        }
        int content = ARRAY_HEADER_BYTES + (latin ? chars : 2 * chars);
        return STRING_BYTES + (content + 7) / 8 * 8;
    }
}

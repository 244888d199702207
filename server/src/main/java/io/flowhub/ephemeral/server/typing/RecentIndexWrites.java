package io.flowhub.ephemeral.server.typing;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.SetAssociativeCache;
import java.time.Duration;

/**
 * The index entries that this server wrote recently. An entry expires after a minute, so one write every 20 s is enough,
 * and extending an indicator in between costs one command in Redis. A miss costs one more index write.
 */
final class RecentIndexWrites {

    private static final Duration INDEX_WRITE_INTERVAL = Duration.ofSeconds(20);

    private final Ticker ticker;

    private final SetAssociativeCache<IndexWrite> writes = new SetAssociativeCache<>();

    /**
     * A write of this server.
     *
     * @param key {@code typing:<room>:<user>}
     * @param nanos of the ticker
     */
    private record IndexWrite(String key, long nanos) implements SetAssociativeCache.Entry {}

    RecentIndexWrites(Ticker ticker) {
        this.ticker = ticker;
    }

    /** @param key {@code typing:<room>:<user>} */
    boolean has(String key) {
        IndexWrite write = writes.get(key);
        return write != null && ticker.read() - write.nanos() < INDEX_WRITE_INTERVAL.toNanos();
    }

    void add(String key) {
        writes.put(new IndexWrite(key, ticker.read()));
    }

    void remove(String key) {
        writes.invalidate(key);
    }
}

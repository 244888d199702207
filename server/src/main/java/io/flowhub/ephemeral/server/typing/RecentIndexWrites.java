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

    /** By key {@code typing:<room>:<user>}: when this server wrote the index entry, in nanoseconds of the ticker. */
    private final SetAssociativeCache<Long> writtenNanos = new SetAssociativeCache<>();

    RecentIndexWrites(Ticker ticker) {
        this.ticker = ticker;
    }

    /** @param key {@code typing:<room>:<user>} */
    boolean has(String key) {
        Long nanos = writtenNanos.get(key);
        return nanos != null && ticker.read() - nanos < INDEX_WRITE_INTERVAL.toNanos();
    }

    void add(String key) {
        writtenNanos.put(key, ticker.read());
    }

    void remove(String key) {
        writtenNanos.invalidate(key);
    }
}

package io.flowhub.ephemeral.server.typing;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Whom this server noted in the index of his room a moment ago. The index forgets after a minute, so to note somebody
 * every 20 s is enough, and in between it costs one command in Redis to say that he goes on.
 *
 * <p>Each key has one place, which it shares with others: the last one noted has it. To forget costs to note once more.
 */
final class RecentIndexWrites {

    private static final Duration LATELY = Duration.ofSeconds(20);
    private static final int PLACES = 1 << 14;

    private final Ticker ticker;
    private final AtomicReferenceArray<@Nullable Entry> entries = new AtomicReferenceArray<>(PLACES);

    private record Entry(String key, long nanos) {}

    RecentIndexWrites(Ticker ticker) {
        this.ticker = ticker;
    }

    /** @param key {@code typing:<room>:<user>} */
    boolean has(String key) {
        Entry entry = entries.get(place(key));
        return entry != null
                && ticker.read() - entry.nanos() < LATELY.toNanos()
                && entry.key().equals(key);
    }

    void add(String key) {
        entries.set(place(key), new Entry(key, ticker.read()));
    }

    void remove(String key) {
        Entry entry = entries.get(place(key));
        if (entry != null && entry.key().equals(key)) {
            entries.set(place(key), null);
        }
    }

    private static int place(String key) {
        int hash = key.hashCode();
        return (hash ^ (hash >>> 16)) & (PLACES - 1);
    }
}

package io.flowhub.ephemeral.server.rls;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.SetAssociativeCache;
import io.flowhub.ephemeral.server.redis.LocalCache;
import io.flowhub.ephemeral.server.rls.DescriptorLimit.Counted;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Local cache of counters whose window is over its limit: until it ends, they are denied without Redis for as long as the
 * entry is current. A counter only grows until then, unless hits are given back, or RefundRate or ResetRate is called: each
 * publishes the key, on any server.
 */
final class FullWindows {

    /** The channel to which the scripts publish the keys of counters that became smaller. */
    static final String CHANNEL = "ephemeral:rate";

    private final Ticker ticker;
    private final LocalCache<FullWindow> entries;

    /**
     * A window over its limit.
     *
     * @param used the counter, which is as large at least until it is invalidated
     * @param sentNanos when the call was sent whose reply had this state
     */
    record FullWindow(String key, long used, long endNanos, long sentNanos) implements SetAssociativeCache.Entry {}

    FullWindows(Ticker ticker, LocalCache<FullWindow> entries) {
        this.ticker = ticker;
        this.entries = entries;
    }

    /** The count that denies these hits, or null if Redis has to count them. */
    @Nullable
    Count find(Counted counted) {
        FullWindow window = entries.get(counted.key());
        if (window == null
                || window.used() + counted.hits() <= counted.applied().limit().requestsPerUnit()) {
            return null;
        }
        long now = ticker.read();
        long leftNanos = window.endNanos() - now;
        return leftNanos <= 0 || !entries.isCurrent(window.sentNanos(), now)
                ? null
                : new Count(window.used() + counted.hits(), TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1, true);
    }

    /** To be taken before a counter is read. */
    LocalCache.Stamp stamp() {
        return entries.stamp();
    }

    /**
     * Caches a counter that is full.
     *
     * @param used the hits that are counted
     */
    void put(String key, long used, long leftMillis, LocalCache.Stamp sent) {
        long endNanos = sent.nanos() + TimeUnit.MILLISECONDS.toNanos(leftMillis);
        entries.put(new FullWindow(key, used, endNanos, sent.nanos()), sent);
    }
}

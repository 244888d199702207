package io.flowhub.ephemeral.server.rls;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.SetAssociativeCache;
import io.flowhub.ephemeral.server.redis.Subscriber;
import io.flowhub.ephemeral.server.rls.DescriptorLimit.Counted;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Local cache of counters whose window is over its limit: until it ends, they are denied without Redis. A counter only
 * grows until then, unless hits are given back, or RefundRate or ResetRate is called: each publishes the key, on any
 * server. The message may get lost (pub/sub is at most once) and a key may be deleted by hand, so an entry is valid for one
 * second at most.
 */
final class FullWindows implements Subscriber {

    /** The channel to which the scripts publish the keys of counters that became smaller. */
    static final String CHANNEL = "ephemeral:rate";

    private static final Duration MAX_AGE = Duration.ofSeconds(1);

    private final Ticker ticker;
    private final SetAssociativeCache<FullWindow> entries = new SetAssociativeCache<>();

    /** The number of invalidations, so that a reply from before a refund is not cached after it. */
    private final AtomicLong invalidations = new AtomicLong();

    /** @param used the counter, which is as large at least until it is invalidated */
    private record FullWindow(String key, long used, long endNanos, long validUntilNanos)
            implements SetAssociativeCache.Entry {}

    FullWindows(Ticker ticker) {
        this.ticker = ticker;
    }

    /** The count that denies these hits, or null if Redis has to count them. */
    @Nullable
    Count find(Counted counted) {
        FullWindow entry = entries.get(counted.key());
        if (entry == null
                || entry.used() + counted.hits() <= counted.applied().limit().requestsPerUnit()) {
            return null;
        }
        long now = ticker.read();
        long leftNanos = entry.endNanos() - now;
        return leftNanos <= 0 || entry.validUntilNanos() - now <= 0
                ? null
                : new Count(entry.used() + counted.hits(), TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1, true);
    }

    /** To be taken before a counter is read. */
    Stamp stamp() {
        return new Stamp(invalidations.get(), ticker.read());
    }

    /** The moment at which a call is sent. Its reply is at least as recent, but may precede any later invalidation. */
    record Stamp(long invalidations, long nanos) {}

    /**
     * Caches a counter that is full.
     *
     * @param used the hits that are counted
     */
    void put(String key, long used, long leftMillis, Stamp sent) {
        long endNanos = sent.nanos() + TimeUnit.MILLISECONDS.toNanos(leftMillis);
        entries.put(new FullWindow(key, used, endNanos, ticker.read() + MAX_AGE.toNanos()));
        if (invalidations.get() != sent.invalidations()) { // possibly of this key, before the put
            entries.invalidate(key);
        }
    }

    @Override
    public void onMessage(String key) {
        invalidations.incrementAndGet();
        entries.invalidate(key);
    }

    @Override
    public void onGap() {
        invalidations.incrementAndGet();
        entries.clear();
    }
}

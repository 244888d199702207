package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.SetAssociativeCache;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Local cache of what scripts replied about keys whose changes are published to a channel, by any server. A message
 * invalidates the entry of its key at once. A message may be lost (pub/sub is at most once), so an entry is current for one
 * second only; then for as long as this server is known to receive what is published, up to five seconds. The latter bounds
 * what nothing publishes: a key that is deleted by hand.
 */
public final class LocalCache<E extends SetAssociativeCache.Entry> implements Subscriber {

    private static final long MAX_AGE_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long MAX_AGE_WITHOUT_LEASE_NANOS =
            Duration.ofSeconds(1).toNanos();

    /** From this age on the lease is asked for, so that it is held when the entry needs it. */
    private static final long LEASE_AGE_NANOS = Duration.ofMillis(500).toNanos();

    private final Ticker ticker;
    private final LongPredicate lease;
    private final SetAssociativeCache<E> entries = new SetAssociativeCache<>();

    /** The number of invalidations, so that a reply from before a change is not cached after it. */
    private final AtomicLong invalidations = new AtomicLong();

    /** The moment at which a call is sent. Its reply is at least as recent, but may precede any later invalidation. */
    public record Stamp(long invalidations, long nanos) {}

    /** @param lease whether what was published until a second before this time of the ticker has arrived */
    public LocalCache(Ticker ticker, LongPredicate lease) {
        this.ticker = ticker;
        this.lease = lease;
    }

    /** The entry of the key, current or not. */
    public @Nullable E get(String key) {
        return entries.get(key);
    }

    /**
     * Whether no change of before a second ago, or five, is missing in an entry.
     *
     * @param sentNanos of the stamp with which it was put
     * @param nowNanos of the ticker
     */
    public boolean isCurrent(long sentNanos, long nowNanos) {
        long age = nowNanos - sentNanos;
        boolean held = age >= LEASE_AGE_NANOS && lease.test(nowNanos);
        return age < (held ? MAX_AGE_NANOS : MAX_AGE_WITHOUT_LEASE_NANOS);
    }

    /** To be taken before a call is sent. */
    public Stamp stamp() {
        return new Stamp(invalidations.get(), ticker.read());
    }

    /** Caches what a reply says, unless anything was invalidated since the stamp. */
    public void put(E entry, Stamp sent) {
        entries.put(entry);
        if (invalidations.get() != sent.invalidations()) { // possibly of this key, before the put
            entries.invalidate(entry.key());
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

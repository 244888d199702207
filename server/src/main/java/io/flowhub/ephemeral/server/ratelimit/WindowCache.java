package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.SetAssociativeCache;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Local cache of fixed windows: when each ends, and whether it is full. Denials of a full window are decided locally
 * until it ends, so calls over a limit cost Redis nothing. A check of a window with room uses a smaller script, which does
 * not read the end of the window.
 *
 * <p>A refund or reset on any server publishes the key, which invalidates the entry at once. The message may get lost
 * (pub/sub is at most once) and a key may be deleted by hand, so a full window denies for one second at most; then one check
 * reads Redis again. A window with room is valid until it ends: its hits are counted in Redis, which starts a new window if
 * there is none.
 */
final class WindowCache implements Subscriber {

    /** The channel to which the scripts publish the keys of refunded and reset limits. */
    static final String CHANNEL = "ephemeral:rate";

    private static final Duration MAX_AGE_OF_FULL = Duration.ofSeconds(1);

    private final Ticker ticker;
    private final SetAssociativeCache<CachedWindow> entries = new SetAssociativeCache<>();

    /** The number of invalidations, so that a reply from before a refund is not cached after it. */
    private final AtomicLong invalidations = new AtomicLong();

    /** @param readAgainNanos from when on calls of a full window are counted in Redis again */
    private record CachedWindow(String key, CompiledPolicy policy, boolean full, long readAgainNanos, long endNanos)
            implements SetAssociativeCache.Entry {}

    WindowCache(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * A window that has not ended.
     *
     * @param full whether it is known to have no room
     */
    record Window(boolean full, long leftMillis) {}

    /** The window of the check, or null if it is not cached. */
    @Nullable
    Window get(RateCheck check) {
        CachedWindow entry = entries.get(check.key());
        if (entry == null || !Objects.equals(entry.policy(), check.policy())) { // nearly always the same object
            return null;
        }
        long now = ticker.read();
        long leftNanos = entry.endNanos() - now;
        if (leftNanos <= 0) {
            return null;
        }
        boolean full = entry.full() && entry.readAgainNanos() - now > 0;
        return new Window(full, TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1);
    }

    /** To be taken before a check is sent to Redis. */
    Stamp stamp() {
        return new Stamp(invalidations.get(), ticker.read());
    }

    /** The moment at which a check is sent. Its reply is at least as recent, but may precede any later invalidation. */
    record Stamp(long invalidations, long nanos) {}

    /** Caches the window of a reply, unless anything was invalidated since the stamp. */
    void put(RateCheck check, Decision decision, Stamp sent) {
        if (!check.policy().fixedWindow() || decision.resetMillis() <= 0) {
            return;
        }
        long endNanos = sent.nanos() + TimeUnit.MILLISECONDS.toNanos(decision.resetMillis());
        boolean full = decision.remaining() == 0;
        long readAgainNanos = ticker.read() + MAX_AGE_OF_FULL.toNanos();
        entries.put(new CachedWindow(check.key(), check.policy(), full, readAgainNanos, endNanos));
        if (invalidations.get() != sent.invalidations()) { // possibly of this key, before the put
            entries.invalidate(check.key());
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

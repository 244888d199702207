package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DirectMappedCache;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Local cache of fixed windows: when each ends, and whether it is full. Denials of a full window are decided locally
 * until it ends, so calls over a limit cost Redis nothing. A check of a window with room uses a smaller script, which does
 * not read the end of the window.
 *
 * <p>A refund or reset on any server publishes the key, which invalidates the entry at once. The message may get lost
 * (pub/sub is at most once) and a key may be deleted by hand, so an entry is valid for one second at most. A miss costs one
 * full check in Redis.
 */
final class WindowCache implements Subscriber {

    /** The channel to which the scripts publish the keys of refunded and reset limits. */
    static final String CHANNEL = "ephemeral:rate";

    private static final Duration MAX_AGE = Duration.ofSeconds(1);

    private final Ticker ticker;
    private final DirectMappedCache<Entry> entries = new DirectMappedCache<>();

    /** The number of invalidations, so that a reply from before a refund is not cached after it. */
    private final AtomicLong invalidations = new AtomicLong();

    private record Entry(CompiledPolicy policy, boolean full, long endNanos, long validUntilNanos) {}

    WindowCache(Ticker ticker) {
        this.ticker = ticker;
    }

    /** A window that has not ended. */
    record Window(boolean full, long leftMillis) {}

    /** The window of the check, or null if it is not cached. */
    @Nullable
    Window get(RateCheck check) {
        Entry entry = entries.get(check.key());
        if (entry == null || !entry.policy().equals(check.policy())) {
            return null;
        }
        long now = ticker.read();
        long leftNanos = entry.endNanos() - now;
        return leftNanos <= 0 || entry.validUntilNanos() - now <= 0
                ? null
                : new Window(entry.full(), TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1);
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
        long validUntilNanos = ticker.read() + MAX_AGE.toNanos();
        entries.put(check.key(), new Entry(check.policy(), decision.remaining() == 0, endNanos, validUntilNanos));
        if (invalidations.get() != sent.invalidations()) { // possibly of this key, before the put
            entries.invalidate(check.key());
        }
    }

    @Override
    public void onMessage(String key) {
        invalidate(key);
    }

    /** Also called by this server's own refunds and resets: the next call may come before the published message. */
    void invalidate(String key) {
        invalidations.incrementAndGet();
        entries.invalidate(key);
    }

    @Override
    public void onGap() {
        invalidations.incrementAndGet();
        entries.clear();
    }
}

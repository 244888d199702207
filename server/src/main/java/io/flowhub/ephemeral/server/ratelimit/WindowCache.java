package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.DirectMappedCache;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Local cache of fixed windows: when each ends, and whether it is full. Denials of a full window are answered locally
 * until it ends, so calls over a limit cost Redis nothing. For a window with room, only its count is read from Redis, which
 * makes a burst of calls for one user cheaper.
 *
 * <p>A refund or reset on any server publishes the key, which invalidates the entry at once. The message may get lost
 * (pub/sub is at most once) and a key may be deleted by hand, so an entry is valid for one second at most. A miss costs one
 * full check in Redis.
 */
final class WindowCache implements Subscriber {

    /** Where the scripts publish the keys of refunded and reset limits. */
    static final String CHANNEL = "ephemeral:rate";

    private static final Duration MAX_AGE = Duration.ofSeconds(1);

    private final Ticker ticker;
    private final DirectMappedCache<Entry> entries = new DirectMappedCache<>();

    /** Counts invalidations, so that a reply from before a refund is not cached after it. */
    private final AtomicLong published = new AtomicLong();

    private record Entry(CompiledPolicy rule, boolean full, long endNanos, long validUntilNanos) {}

    WindowCache(Ticker ticker) {
        this.ticker = ticker;
    }

    /** A window that has not ended. */
    record Window(boolean full, long leftMillis) {}

    /** The window of the check, or null if it is not cached. */
    @Nullable
    Window get(RateCheck check) {
        Entry entry = entries.get(check.key());
        if (entry == null || !entry.rule().equals(check.rule())) {
            return null;
        }
        long now = ticker.read();
        long leftNanos = entry.endNanos() - now;
        return leftNanos <= 0 || entry.validUntilNanos() - now <= 0
                ? null
                : new Window(entry.full(), TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1);
    }

    /** Taken before a check is sent to Redis. */
    Stamp stamp() {
        return new Stamp(published.get(), ticker.read());
    }

    /** When a check was sent. Its reply is not older than that, and may miss any later invalidation. */
    record Stamp(long published, long nanos) {}

    /** Caches the window of a reply, unless anything was invalidated since the stamp. */
    void put(RateCheck check, Decision verdict, Stamp sent) {
        if (!check.rule().fixedWindow() || verdict.resetMillis() <= 0) {
            return;
        }
        long endNanos = sent.nanos() + TimeUnit.MILLISECONDS.toNanos(verdict.resetMillis());
        long validUntilNanos = ticker.read() + MAX_AGE.toNanos();
        entries.put(check.key(), new Entry(check.rule(), verdict.remaining() == 0, endNanos, validUntilNanos));
        if (published.get() != sent.published()) { // perhaps for this key, and before it was put
            entries.invalidate(check.key());
        }
    }

    @Override
    public void onMessage(String key) {
        invalidate(key);
    }

    /** Also called by this server's own refunds and resets: the next call may come before the published message. */
    void invalidate(String key) {
        published.incrementAndGet();
        entries.invalidate(key);
    }

    @Override
    public void onGap() {
        published.incrementAndGet();
        entries.clear();
    }
}

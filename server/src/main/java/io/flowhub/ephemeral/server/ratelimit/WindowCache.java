package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.SetAssociativeCache;
import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import io.flowhub.ephemeral.server.redis.LocalCache;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Local cache of fixed windows: when each ends, and whether it is full. Denials of a full window are decided locally
 * until it ends, so calls over a limit cost Redis nothing. A check of a window with room uses a smaller script, which does
 * not read the end of the window.
 *
 * <p>A refund or reset on any server publishes the key, which invalidates the entry. A full window denies for as long as
 * its entry is current; then one check reads Redis again. A window with room is valid until it ends: its hits are counted in
 * Redis, which starts a new window if there is none.
 */
final class WindowCache {

    /** The channel to which the scripts publish the keys of refunded and reset limits. */
    static final String CHANNEL = "ephemeral:rate";

    private final Ticker ticker;
    private final LocalCache<CachedWindow> entries;

    /** @param sentNanos when the check was sent whose reply had this state */
    record CachedWindow(String key, CompiledPolicy policy, boolean full, long endNanos, long sentNanos)
            implements SetAssociativeCache.Entry {}

    WindowCache(Ticker ticker, LocalCache<CachedWindow> entries) {
        this.ticker = ticker;
        this.entries = entries;
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
        CachedWindow window = entries.get(check.key());
        if (window == null || !Objects.equals(window.policy(), check.policy())) { // nearly always the same object
            return null;
        }
        long now = ticker.read();
        long leftNanos = window.endNanos() - now;
        if (leftNanos <= 0) {
            return null;
        }
        boolean full = window.full() && entries.isCurrent(window.sentNanos(), now);
        return new Window(full, TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1);
    }

    /** To be taken before a check is sent to Redis. */
    LocalCache.Stamp stamp() {
        return entries.stamp();
    }

    /** Caches the window of a reply, unless anything was invalidated since the stamp. */
    void put(RateCheck check, Decision decision, LocalCache.Stamp sent) {
        if (check.policy().algorithm() != Algorithm.FIXED_WINDOW || decision.resetMillis() <= 0) {
            return;
        }
        long endNanos = sent.nanos() + TimeUnit.MILLISECONDS.toNanos(decision.resetMillis());
        boolean full = decision.remaining() == 0;
        entries.put(new CachedWindow(check.key(), check.policy(), full, endNanos, sent.nanos()), sent);
    }
}

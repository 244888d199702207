package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The fixed windows that Redis told of a moment ago: when each ends, and whether it is full. Until a full one ends nobody
 * can get a hit in, so this server denies by itself, and somebody who hammers against his limit costs Redis nothing. Of
 * one with room Redis need not be asked for the end again, which makes a burst of one user's calls cheaper.
 *
 * <p>A refund or reset anywhere publishes the key, which ends that at once. Should the message get lost (pub/sub promises
 * nothing), or somebody delete the key by hand, an entry is believed for a second only and then asked for again.
 *
 * <p>Each key has one place, which it shares with others: the last one told of has it. To forget costs one call to Redis.
 */
final class WindowCache implements Subscriber {

    /** Where the scripts publish the keys of refunded and reset limits. */
    static final String CHANNEL = "ephemeral:rate";

    private static final Duration BELIEVED = Duration.ofSeconds(1);
    private static final int PLACES = 1 << 14;

    private final Ticker ticker;
    private final AtomicReferenceArray<@Nullable Entry> entries = new AtomicReferenceArray<>(PLACES);

    /** Counts what was published, so that a reply from before a refund is not believed after it. */
    private final AtomicLong published = new AtomicLong();

    private record Entry(String key, CompiledPolicy rule, boolean full, long endNanos, long believedUntilNanos) {}

    WindowCache(Ticker ticker) {
        this.ticker = ticker;
    }

    /** A window that has not ended. */
    record Window(boolean full, long leftMillis) {}

    /** The check's window, if it is known. */
    @Nullable
    Window of(RateCheck check) {
        Entry entry = entries.get(place(check.key()));
        if (entry == null || !entry.key().equals(check.key()) || !entry.rule().equals(check.rule())) {
            return null;
        }
        long now = ticker.read();
        long leftNanos = entry.endNanos() - now;
        return leftNanos <= 0 || entry.believedUntilNanos() - now <= 0
                ? null
                : new Window(entry.full(), TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1);
    }

    /** To be taken before a check leaves for Redis. */
    Moment moment() {
        return new Moment(published.get(), ticker.read());
    }

    /** When a check left: its reply speaks of no earlier time, and of nothing published since. */
    record Moment(long published, long nanos) {}

    /** Remembers the window that Redis told of. */
    void learn(RateCheck check, Decision verdict, Moment left) {
        if (!check.rule().fixedWindow() || verdict.resetMillis() <= 0) {
            return;
        }
        long endNanos = left.nanos() + TimeUnit.MILLISECONDS.toNanos(verdict.resetMillis());
        long believedUntilNanos = ticker.read() + BELIEVED.toNanos();
        int place = place(check.key());
        entries.set(
                place, new Entry(check.key(), check.rule(), verdict.remaining() == 0, endNanos, believedUntilNanos));
        if (published.get() != left.published()) { // maybe about this key, maybe before it was remembered
            entries.set(place, null);
        }
    }

    @Override
    public void onMessage(String key) {
        forget(key);
    }

    /** This server need not wait for the message about its own refund or reset, and its caller may not. */
    void forget(String key) {
        published.incrementAndGet();
        Entry entry = entries.get(place(key));
        if (entry != null && entry.key().equals(key)) {
            entries.set(place(key), null);
        }
    }

    @Override
    public void onGap() {
        published.incrementAndGet();
        for (int place = 0; place < PLACES; place++) {
            entries.set(place, null);
        }
    }

    private static int place(String key) {
        int hash = key.hashCode();
        return (hash ^ (hash >>> 16)) & (PLACES - 1);
    }
}

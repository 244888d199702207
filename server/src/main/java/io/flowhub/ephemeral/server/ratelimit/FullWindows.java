package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.redis.Subscriber;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The fixed windows known to be full. Until such a window ends nobody can get a hit in, so this server denies by itself,
 * and somebody who hammers against his limit costs Redis nothing.
 *
 * <p>A refund or reset anywhere publishes the key, which ends that at once. Should the message get lost (pub/sub promises
 * nothing), or somebody delete the key by hand, an entry is believed for a second only and then asked for again.
 */
final class FullWindows implements Subscriber {

    /** Where the scripts publish the keys of refunded and reset limits. */
    static final String CHANNEL = "ephemeral:rate";

    private static final Duration BELIEVED = Duration.ofSeconds(1);
    private static final int MAX_ENTRIES = 20_000;

    private final Ticker ticker;
    private final Cache<String, Full> windows;

    /** Counts what was published, so that a reply from before a refund is not believed after it. */
    private final AtomicLong published = new AtomicLong();

    private record Full(Rule rule, long endNanos, long believedUntilNanos) {}

    FullWindows(Ticker ticker) {
        this.ticker = ticker;
        this.windows = Caffeine.newBuilder()
                .maximumSize(MAX_ENTRIES)
                .executor(Runnable::run)
                .build();
    }

    /** The denial, if the check's window is known to be full. */
    @Nullable
    Verdict denial(Check check) {
        Full full = windows.getIfPresent(check.key());
        if (full == null || !full.rule().equals(check.rule())) {
            return null;
        }
        long now = ticker.read();
        long leftNanos = full.endNanos() - now;
        return leftNanos <= 0 || full.believedUntilNanos() - now <= 0
                ? null
                : Verdict.full(check, TimeUnit.NANOSECONDS.toMillis(leftNanos) + 1);
    }

    /** To be taken before a check leaves for Redis. */
    Moment moment() {
        return new Moment(published.get(), ticker.read());
    }

    /** When a check left: its reply speaks of no earlier time, and of nothing published since. */
    record Moment(long published, long nanos) {}

    /** Remembers the window if Redis says that it is full. */
    void learn(Check check, Verdict verdict, Moment left) {
        if (!check.rule().fixedWindow() || verdict.remaining() > 0 || verdict.resetMillis() <= 0) {
            return;
        }
        long endNanos = left.nanos() + TimeUnit.MILLISECONDS.toNanos(verdict.resetMillis());
        long believedUntilNanos = ticker.read() + BELIEVED.toNanos();
        windows.put(check.key(), new Full(check.rule(), endNanos, believedUntilNanos));
        if (published.get() != left.published()) { // maybe about this key, maybe before the put
            windows.invalidate(check.key());
        }
    }

    @Override
    public void onMessage(String key) {
        published.incrementAndGet();
        windows.invalidate(key);
    }

    @Override
    public void onGap() {
        published.incrementAndGet();
        windows.invalidateAll();
    }
}

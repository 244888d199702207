package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts in this process while Redis is away, in a fixed window whatever the policy's algorithm. Every server counts for
 * itself, and what was counted is forgotten when Redis is back.
 */
final class LocalCounts {

    private static final int MAX_ENTRIES = 50_000;

    private final Ticker ticker;
    private final ConcurrentMap<String, Window> windows;

    private record Window(int used, long endNanos) {}

    LocalCounts(Ticker ticker) {
        this.ticker = ticker;
        this.windows = Caffeine.newBuilder()
                .maximumSize(MAX_ENTRIES)
                .executor(Runnable::run)
                .<String, Window>build()
                .asMap();
    }

    Verdict check(Check check) {
        long now = ticker.read();
        int limit = check.rule().limit();
        int wanted = Math.max(check.hits(), 1);
        boolean[] allowed = {false};
        Window after = windows.compute(check.key(), (key, before) -> {
            Window window = running(before, now, check.rule());
            allowed[0] = window.used() + (long) wanted <= limit;
            int counted = allowed[0] ? check.hits() : 0;
            return new Window(window.used() + counted, window.endNanos());
        });
        long resetMillis = TimeUnit.NANOSECONDS.toMillis(after.endNanos() - now);
        long retryMillis = allowed[0] ? Verdict.ALLOWED : wanted > limit ? Verdict.NEVER : Math.max(1, resetMillis);
        return new Verdict(limit, Math.max(0, limit - after.used()), resetMillis, retryMillis, true);
    }

    void forget() {
        windows.clear();
    }

    private static Window running(@Nullable Window before, long now, Rule rule) {
        return before != null && before.endNanos() - now > 0
                ? before
                : new Window(0, now + TimeUnit.MILLISECONDS.toNanos(rule.windowMillis()));
    }
}

package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.util.List;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Counts in this process while Redis is away, in a fixed window whatever the policy's algorithm. Every server counts for
 * itself, and what was counted is forgotten when Redis is back.
 */
final class LocalLimiter {

    private static final int MAX_ENTRIES = 50_000;

    private final Ticker ticker;
    private final ConcurrentMap<String, Window> windows;

    private record Window(int used, long endNanos) {
        Window plus(int hits) {
            return new Window(used + hits, endNanos);
        }
    }

    LocalLimiter(Ticker ticker) {
        this.ticker = ticker;
        this.windows = Caffeine.newBuilder()
                .maximumSize(MAX_ENTRIES)
                .executor(Runnable::run)
                .<String, Window>build()
                .asMap();
    }

    synchronized Decision check(RateCheck check) {
        Window window = running(check);
        int wanted = Math.max(check.hits(), 1);
        boolean allowed = window.used() + (long) wanted <= check.rule().limit();
        if (allowed) {
            window = window.plus(check.hits());
            windows.put(check.key(), window);
        }
        return verdict(check, window, allowed);
    }

    synchronized List<Decision> checkAll(List<RateCheck> checks) {
        List<Decision> verdicts = checks.stream().map(this::check).toList();
        if (verdicts.stream().allMatch(Decision::allowed)) {
            return verdicts;
        }
        for (int i = 0; i < checks.size(); i++) {
            if (verdicts.get(i).allowed()) {
                windows.put(
                        checks.get(i).key(),
                        running(checks.get(i)).plus(-checks.get(i).hits()));
            }
        }
        return IntStream.range(0, checks.size())
                .mapToObj(i -> verdict(
                        checks.get(i), running(checks.get(i)), verdicts.get(i).allowed()))
                .toList();
    }

    private Decision verdict(RateCheck check, Window window, boolean allowed) {
        int limit = check.rule().limit();
        long resetMillis = window.used() == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(window.endNanos() - ticker.read());
        long retryMillis = check.hits() > limit ? Decision.NEVER : Math.max(1, resetMillis);
        return new Decision(
                limit, Math.max(0, limit - window.used()), resetMillis, allowed ? Decision.ALLOWED : retryMillis, true);
    }

    synchronized void forget() {
        windows.clear();
    }

    private Window running(RateCheck check) {
        Window window = windows.get(check.key());
        long now = ticker.read();
        return window != null && window.endNanos() - now > 0
                ? window
                : new Window(0, now + TimeUnit.MILLISECONDS.toNanos(check.rule().windowMillis()));
    }
}

package io.flowhub.ephemeral.server.ratelimit;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.util.List;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Decides checks in this process while Redis is unavailable, in a fixed window whatever the algorithm of the policy. Servers do
 * not share these counts, and they are dropped when Redis is available again.
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
        Window window = currentWindow(check);
        int wanted = Math.max(check.hits(), 1); // 0 hits: whether one would fit
        boolean allowed = window.used() + (long) wanted <= check.policy().limit();
        if (allowed) {
            window = window.plus(check.hits());
            windows.put(check.key(), window);
        }
        return decision(check, window, allowed);
    }

    /** Consumes the hits of all checks or of none. */
    synchronized List<Decision> checkAll(List<RateCheck> checks) {
        List<Decision> decisions = checks.stream().map(this::check).toList();
        if (decisions.stream().allMatch(Decision::allowed)) {
            return decisions;
        }
        for (int i = 0; i < checks.size(); i++) {
            if (decisions.get(i).allowed()) {
                rollBack(checks.get(i));
            }
        }
        return IntStream.range(0, checks.size())
                .mapToObj(i -> decision(
                        checks.get(i),
                        currentWindow(checks.get(i)),
                        decisions.get(i).allowed()))
                .toList();
    }

    private void rollBack(RateCheck check) {
        windows.put(check.key(), currentWindow(check).plus(-check.hits()));
    }

    private Decision decision(RateCheck check, Window window, boolean allowed) {
        int limit = check.policy().limit();
        int remaining = Math.max(0, limit - window.used());
        long resetMillis = window.used() == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(window.endNanos() - ticker.read());
        long deniedMillis = check.hits() > limit ? Decision.NEVER : Math.max(1, resetMillis);
        return new Decision(check.policy(), remaining, resetMillis, allowed ? Decision.ALLOWED : deniedMillis, true);
    }

    private Window currentWindow(RateCheck check) {
        Window window = windows.get(check.key());
        long now = ticker.read();
        return window != null && window.endNanos() - now > 0
                ? window
                : new Window(
                        0, now + TimeUnit.MILLISECONDS.toNanos(check.policy().windowMillis()));
    }

    synchronized void clear() {
        windows.clear();
    }
}

package io.flowhub.ephemeral.server.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.ratelimit.Policy.Algorithm;
import io.flowhub.ephemeral.server.ratelimit.WindowCache.Window;
import io.flowhub.ephemeral.server.redis.LocalCache;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class WindowCacheTest {

    private static final RateMetrics METRICS = new RateMetrics(new PrometheusRegistry());
    private static final RateCheck CHECK = check("rate:u:a", 5, Algorithm.FIXED_WINDOW);

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicBoolean lease = new AtomicBoolean();
    private final LocalCache<WindowCache.CachedWindow> entries = new LocalCache<>(nanos::get, now -> lease.get());
    private final WindowCache windows = new WindowCache(nanos::get, entries);

    @ParameterizedTest
    @CsvSource({
        // remaining, reset ms, algorithm, lease, later ms, cached, full
        "0,   700, FIXED_WINDOW, false,     0, true, true",
        "1,   700, FIXED_WINDOW, false,     0, true, false",
        "0,   700, FIXED_WINDOW, true,   699, true, true",
        "0,   700, FIXED_WINDOW, true,   700, false, false", // the window ended
        "0, 50000, FIXED_WINDOW, false,   999, true, true",
        "0, 50000, FIXED_WINDOW, false,  1001, true, false", // to be counted in Redis again
        "0, 50000, FIXED_WINDOW, true,  1001, true, true",
        "0, 50000, FIXED_WINDOW, true,  4999, true, true",
        "0, 50000, FIXED_WINDOW, true,  5001, true, false",
        "1, 50000, FIXED_WINDOW, false, 49999, true, false",
        "1, 50000, FIXED_WINDOW, true, 50000, false, false",
        "5,     0, FIXED_WINDOW, true,     0, false, false", // a key without a count
        "0, 50000, TOKEN_BUCKET, true,     0, false, false",
        "0, 50000, SLIDING_WINDOW, true,   0, false, false",
    })
    void fixedWindowIsCachedUntilItEndsAndIsFullWhileItIsCurrent(
            int remaining,
            long resetMillis,
            Algorithm algorithm,
            boolean held,
            long laterMillis,
            boolean cached,
            boolean full) {
        lease.set(held);
        RateCheck check = check("rate:u:a", 5, algorithm);
        put(check, remaining, resetMillis);
        nanos.addAndGet(Duration.ofMillis(laterMillis).toNanos());
        assertThat(windows.get(check)).isEqualTo(cached ? new Window(full, resetMillis - laterMillis + 1) : null);
    }

    @Test
    void changedPolicyInvalidatesTheEntry() {
        put(CHECK, 0, 50_000);
        assertThat(windows.get(check("rate:u:a", 6, Algorithm.FIXED_WINDOW))).isNull();
    }

    @Test
    void keysOfOneHashAreNotMixedUp() {
        RateCheck one = check("rate:Aa:a", 5, Algorithm.FIXED_WINDOW);
        RateCheck other = check("rate:BB:a", 5, Algorithm.FIXED_WINDOW);
        assertThat(one.key().hashCode()).isEqualTo(other.key().hashCode());
        put(one, 0, 50_000);
        assertThat(windows.get(other)).isNull();
        entries.onMessage(other.key());
        assertThat(windows.get(one)).isNotNull();
    }

    @Test
    void publishedRefundAndLostSubscriptionInvalidateTheEntry() {
        put(CHECK, 0, 50_000);
        entries.onMessage("rate:other:a");
        assertThat(windows.get(CHECK)).isNotNull();
        entries.onMessage("rate:u:a");
        assertThat(windows.get(CHECK)).isNull();
        put(CHECK, 0, 50_000);
        entries.onGap();
        assertThat(windows.get(CHECK)).isNull();
    }

    @Test
    void replyFromBeforeARefundIsNotCached() {
        LocalCache.Stamp sent = windows.stamp();
        entries.onMessage("rate:u:a");
        windows.put(CHECK, new Decision(CHECK.policy(), 0, 50_000, 50_000, false), sent);
        assertThat(windows.get(CHECK)).isNull();
    }

    @Test
    void moreHitsThanTheLimitHaveNoRetryTime() {
        Decision denial = Decision.fullWindow(new RateCheck("rate:u:a", CHECK.policy(), 6, ""), 50_000);
        assertThat(denial.retryMillis()).isEqualTo(Decision.NEVER);
        assertThat(denial.allowed()).isFalse();
    }

    private static RateCheck check(String key, int limit, Algorithm algorithm) {
        Policy policy = new Policy(limit, Duration.ofMinutes(1), algorithm);
        return new RateCheck(key, CompiledPolicy.of(policy, METRICS.of("a")), 1, "");
    }

    private void put(RateCheck check, int remaining, long resetMillis) {
        windows.put(check, new Decision(check.policy(), remaining, resetMillis, 0, false), windows.stamp());
    }
}

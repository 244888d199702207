package io.flowhub.ephemeral.server.budget;

import com.github.benmanes.caffeine.cache.Ticker;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * The memory of Redis as it was last read for the budget. A scrape reads nothing itself; while there are scrapes and calls,
 * the estimate per kind is due once a minute.
 */
final class BudgetMetrics {

    private static final Duration ESTIMATE_INTERVAL = Duration.ofMinutes(1);

    /** Without a scrape for so long, no estimate is due. */
    private static final Duration SCRAPED_WITHIN = Duration.ofMinutes(2);

    private final Ticker ticker;
    private volatile List<MasterMemory> masters = List.of();
    private volatile List<KindEstimate> kinds = List.of();
    private volatile long scrapedNanos;
    private volatile long estimatedNanos;

    /** Whether there was a call since the last estimate, or no estimate yet. */
    private boolean outdated = true;

    BudgetMetrics(PrometheusRegistry registry, Ticker ticker) {
        this.ticker = ticker;
        this.scrapedNanos = ticker.read() - SCRAPED_WITHIN.toNanos();
        this.estimatedNanos = ticker.read() - ESTIMATE_INTERVAL.toNanos();
        register(
                registry,
                "ephemeral_redis_memory_used_bytes",
                "Memory that Redis uses, as last read for the budget; absent while it is unknown",
                MasterMemory::usedBytes);
        register(
                registry,
                "ephemeral_redis_memory_max_bytes",
                "Memory that Redis may use, as last read for the budget; absent while the memory in use is unknown",
                MasterMemory::maxBytes);
        GaugeWithCallback.builder()
                .name("ephemeral_redis_memory_kind_bytes")
                .help(
                        "Estimated memory of the keys of a kind, at most once a minute and only if there are scrapes and calls")
                .labelNames("kind")
                .callback(gauge -> {
                    scrapedNanos = ticker.read();
                    kinds.forEach(kind -> gauge.call((double) kind.bytes(), kind.kind()));
                })
                .register(registry);
    }

    private void register(PrometheusRegistry registry, String name, String help, ToLongFunction<MasterMemory> bytes) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(gauge -> {
                    List<MasterMemory> last = masters;
                    if (!last.isEmpty() && last.stream().allMatch(MasterMemory::isMeasured)) {
                        gauge.call((double) last.stream().mapToLong(bytes).sum());
                    }
                })
                .register(registry);
    }

    void onRead(List<MasterMemory> read) {
        masters = read;
    }

    void onEstimate(Estimate estimate) {
        estimatedNanos = ticker.read();
        kinds = estimate.kinds();
    }

    /**
     * Whether to estimate the kinds now. To be called by one thread.
     *
     * @param called whether there was a call since this was last asked
     */
    boolean takeEstimateDue(boolean called) {
        outdated |= called;
        long now = ticker.read();
        boolean due = outdated
                && now - scrapedNanos < SCRAPED_WITHIN.toNanos()
                && now - estimatedNanos >= ESTIMATE_INTERVAL.toNanos();
        if (due) {
            outdated = false;
            estimatedNanos = now; // also if it fails
        }
        return due;
    }
}

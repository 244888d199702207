package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.metrics.UntypedCounters;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The metrics of rules, under the names and labels of envoyproxy/ratelimit: the domain, and the first two keys. The rules
 * bound the number of series, except where a rule takes values of requests into its keys, or a request brings a limit
 * along: so further rules share one series.
 */
final class RuleMetrics {

    private static final int MAX_RULES = 1_000;

    private static final String PREFIX = "ratelimit_service_rate_limit_";
    private static final Keys OTHER = new Keys("other", "other", "");

    private final UntypedCounters totalHits;
    private final UntypedCounters overLimit;
    private final UntypedCounters nearLimit;
    private final UntypedCounters withinLimit;
    private final UntypedCounters shadowMode;
    private final UntypedCounters overLimitWithLocalCache;

    private final Map<Keys, RuleSeries> series = new ConcurrentHashMap<>();

    private record Keys(String domain, String key1, String key2) {}

    RuleMetrics(PrometheusRegistry registry) {
        this.totalHits = counters(registry, "total_hits", "Hits of requests");
        this.overLimit = counters(registry, "over_limit", "Hits above the limit");
        this.nearLimit = counters(registry, "near_limit", "Hits within the limit and above 80 % of it");
        this.withinLimit = counters(registry, "within_limit", "Hits of requests within the limit");
        this.shadowMode = counters(registry, "shadow_mode", "Hits above the limit of a rule with shadow_mode");
        this.overLimitWithLocalCache = counters(
                registry, "over_limit_with_local_cache", "Hits that were denied without Redis: the window was full");
    }

    private static UntypedCounters counters(PrometheusRegistry registry, String name, String help) {
        return new UntypedCounters(
                registry, PREFIX + name, help + "; by rule of Envoy's rate limit service", "domain", "key1", "key2");
    }

    /** @param metricKeys one by level of the rule, at least one */
    RuleSeries of(String domain, List<String> metricKeys) {
        Keys keys = new Keys(domain, metricKeys.get(0), metricKeys.size() > 1 ? metricKeys.get(1) : "");
        RuleSeries present = series.get(keys);
        return present == null
                ? series.computeIfAbsent(series.size() < MAX_RULES ? keys : OTHER, this::newSeries)
                : present;
    }

    private RuleSeries newSeries(Keys keys) {
        String[] labels = {keys.domain(), keys.key1(), keys.key2()};
        return new RuleSeries(
                totalHits.of(labels),
                overLimit.of(labels),
                nearLimit.of(labels),
                withinLimit.of(labels),
                shadowMode.of(labels),
                overLimitWithLocalCache.of(labels));
    }
}

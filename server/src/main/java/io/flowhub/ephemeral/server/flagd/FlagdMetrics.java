package io.flowhub.ephemeral.server.flagd;

import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the flags that providers read. */
final class FlagdMetrics {

    enum Result {
        TARGETING_MATCH,
        DEFAULT,
        TYPE_MISMATCH
    }

    private final EnumCounter<Result> resolutions;

    FlagdMetrics(PrometheusRegistry registry) {
        this.resolutions = EnumCounter.of(
                Metrics.counter(
                        registry,
                        "ephemeral_flagd_resolutions_total",
                        "Flags that OpenFeature providers read by the flagd protocol: set, not set, or of another type",
                        "result"),
                Result.class);
    }

    void count(Result result) {
        resolutions.count(result);
    }
}

package io.flowhub.ephemeral.server.flag;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the results of calls about feature flags. Each flag of a batch counts. */
final class FlagMetrics {

    private final CounterDataPoint stored;
    private final CounterDataPoint set;
    private final CounterDataPoint unset;
    private final CounterDataPoint failed;
    private final CounterDataPoint cleared;
    private final CounterDataPoint notCleared;

    FlagMetrics(PrometheusRegistry registry) {
        Counter calls = Metrics.counter(
                registry,
                "ephemeral_feature_flags_total",
                "Feature flags in responses, by operation and result, which is the FlagReason of a get",
                "operation",
                "result");
        this.stored = calls.labelValues("set", "stored");
        this.set = calls.labelValues("get", "static");
        this.unset = calls.labelValues("get", "default");
        this.failed = calls.labelValues("get", "error");
        this.cleared = calls.labelValues("clear", "cleared");
        this.notCleared = calls.labelValues("clear", "not_cleared");
    }

    void onSet() {
        stored.inc();
    }

    void onGet(FlagResult result) {
        if (result instanceof FlagResult.Set) {
            set.inc();
        } else if (result instanceof FlagResult.Unset) {
            unset.inc();
        } else {
            failed.inc();
        }
    }

    void onClear(boolean isCleared) {
        (isCleared ? cleared : notCleared).inc();
    }
}

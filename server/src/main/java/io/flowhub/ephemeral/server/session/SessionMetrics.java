package io.flowhub.ephemeral.server.session;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the results of calls about session flags. */
final class SessionMetrics {

    private final CounterDataPoint stored;
    private final CounterDataPoint found;
    private final CounterDataPoint notFound;
    private final CounterDataPoint consumed;
    private final CounterDataPoint notConsumed;
    private final CounterDataPoint cleared;
    private final CounterDataPoint notCleared;

    SessionMetrics(PrometheusRegistry registry) {
        Counter calls = Metrics.counter(
                registry,
                "ephemeral_session_flags_total",
                "Calls about session flags that got a response, by its result",
                "operation",
                "result");
        this.stored = calls.labelValues("set", "stored");
        this.found = calls.labelValues("get", "found");
        this.notFound = calls.labelValues("get", "not_found");
        this.consumed = calls.labelValues("consume", "consumed");
        this.notConsumed = calls.labelValues("consume", "not_consumed");
        this.cleared = calls.labelValues("clear", "cleared");
        this.notCleared = calls.labelValues("clear", "not_cleared");
    }

    void onSet() {
        stored.inc();
    }

    void onGet(boolean isFound) {
        (isFound ? found : notFound).inc();
    }

    void onConsume(boolean isConsumed) {
        (isConsumed ? consumed : notConsumed).inc();
    }

    void onClear(boolean isCleared) {
        (isCleared ? cleared : notCleared).inc();
    }
}

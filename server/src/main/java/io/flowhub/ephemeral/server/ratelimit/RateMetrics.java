package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts decisions. The policies bound the number of series: actions without a policy of their own share one. */
final class RateMetrics {

    private static final String ACTIONS_WITHOUT_POLICY = "other";

    private final Counter decisions;

    RateMetrics(PrometheusRegistry registry) {
        this.decisions = Metrics.counter(
                registry,
                "ephemeral_rate_decisions_total",
                "Decided checks by action, which is other for all actions without a policy of their own",
                "action",
                "outcome");
    }

    /** The series of a policy. */
    OfPolicy of(String action) {
        String label = action.equals(PolicyTable.ANY_ACTION) ? ACTIONS_WITHOUT_POLICY : action;
        return new OfPolicy(decisions.labelValues(label, "allowed"), decisions.labelValues(label, "denied"));
    }

    /** The series are the same for each policy of an action, so that a reload without changes changes no policy. */
    record OfPolicy(CounterDataPoint allowed, CounterDataPoint denied) {

        void count(Decision decision) {
            (decision.allowed() ? allowed : denied).inc();
        }
    }
}

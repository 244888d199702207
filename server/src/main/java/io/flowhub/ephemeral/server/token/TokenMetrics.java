package io.flowhub.ephemeral.server.token;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the results of calls about login tokens. */
final class TokenMetrics {

    private final CounterDataPoint issued;
    private final CounterDataPoint valid;
    private final CounterDataPoint invalid;
    private final CounterDataPoint consumed;
    private final CounterDataPoint notConsumed;
    private final CounterDataPoint revoked;
    private final CounterDataPoint notRevoked;

    TokenMetrics(PrometheusRegistry registry) {
        Counter calls = Metrics.counter(
                registry,
                "ephemeral_login_tokens_total",
                "Calls about login tokens that got a response, by its result",
                "operation",
                "result");
        this.issued = calls.labelValues("issue", "issued");
        this.valid = calls.labelValues("verify", "valid");
        this.invalid = calls.labelValues("verify", "invalid");
        this.consumed = calls.labelValues("consume", "consumed");
        this.notConsumed = calls.labelValues("consume", "not_consumed");
        this.revoked = calls.labelValues("revoke", "revoked");
        this.notRevoked = calls.labelValues("revoke", "not_revoked");
    }

    void onIssue() {
        issued.inc();
    }

    void onVerify(boolean isValid) {
        (isValid ? valid : invalid).inc();
    }

    void onConsume(boolean isConsumed) {
        (isConsumed ? consumed : notConsumed).inc();
    }

    void onRevoke(boolean isRevoked) {
        (isRevoked ? revoked : notRevoked).inc();
    }
}

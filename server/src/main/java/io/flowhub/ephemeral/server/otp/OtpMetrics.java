package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.Metrics;
import io.flowhub.ephemeral.server.otp.IssueResult.RefusalReason;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the results of requests for codes and of attempts. */
final class OtpMetrics {

    private final CounterDataPoint issued;
    private final EnumCounter<RefusalReason> refused;
    private final CounterDataPoint valid;
    private final CounterDataPoint invalid;
    private final CounterDataPoint noAttemptsLeft;

    OtpMetrics(PrometheusRegistry registry) {
        Counter issues = Metrics.counter(
                registry,
                "ephemeral_otp_issued_total",
                "Requests for a one-time password: issued, or why none was issued",
                "result");
        this.issued = issues.labelValues("issued");
        this.refused = EnumCounter.of(issues, RefusalReason.class);
        Counter verifications = Metrics.counter(
                registry,
                "ephemeral_otp_verifications_total",
                "Attempts to verify a one-time password: no_attempts_left is invalid, and no further attempt is left",
                "result");
        this.valid = verifications.labelValues("valid");
        this.invalid = verifications.labelValues("invalid");
        this.noAttemptsLeft = verifications.labelValues("no_attempts_left");
    }

    void onIssue(IssueResult result) {
        if (result instanceof IssueResult.Refused refusal) {
            refused.count(refusal.reason());
        } else {
            issued.inc();
        }
    }

    void onVerify(VerifyResult result) {
        if (result instanceof VerifyResult.Invalid failed) {
            (failed.attemptsLeft() > 0 ? invalid : noAttemptsLeft).inc();
        } else {
            valid.inc();
        }
    }
}

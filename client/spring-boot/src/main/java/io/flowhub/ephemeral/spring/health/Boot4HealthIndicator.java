package io.flowhub.ephemeral.spring.health;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/** Up while the server that answers is ready. */
final class Boot4HealthIndicator extends AbstractHealthIndicator {

    private final ReadinessCall readiness;

    Boot4HealthIndicator(ReadinessCall readiness) {
        super("Ephemeral did not report whether it is ready");
        this.readiness = readiness;
    }

    @Override
    protected void doHealthCheck(Health.Builder health) {
        ServingStatus status = readiness.send();
        (status == ServingStatus.SERVING ? health.up() : health.down()).withDetail("readiness", status.name());
    }
}

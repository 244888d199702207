package io.flowhub.ephemeral.spring.ratelimit;

import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.client.EphemeralStubs;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;

/** Checks one limit, within the deadline. */
final class RateLimitChecks {

    private static final Set<ErrorReason> OVERLOADS =
            Set.of(ErrorReason.ERROR_REASON_OVERLOADED, ErrorReason.ERROR_REASON_BUDGET_FULL);

    private final EphemeralStubs ephemeral;
    private final Duration deadline;

    RateLimitChecks(EphemeralStubs ephemeral, Duration deadline) {
        this.ephemeral = ephemeral;
        this.deadline = deadline;
    }

    /**
     * Consumes one hit.
     *
     * @throws StatusRuntimeException after a mistake, such as an action without policy: no policy for outages may hide this
     */
    RateLimitDecision check(String action, String key) {
        CheckRateRequest request = CheckRateRequest.newBuilder()
                .setUserId(key)
                .setAction(action)
                .setRequestId(UUID.randomUUID().toString()) // So that the client may retry.
                .build();
        try {
            CheckRateResponse response =
                    ephemeral.rateLimits().withDeadlineAfter(deadline).checkRate(request);
            return new RateLimitDecision.Decided(response);
        } catch (StatusRuntimeException e) {
            if (!isOutage(e)) {
                throw e;
            }
            return new RateLimitDecision.Undecided(e, EphemeralErrors.retryDelay(e));
        }
    }

    /** Trouble of the service; every other failure is a mistake, of the request or of the configuration. */
    private static boolean isOutage(StatusRuntimeException failure) {
        return switch (failure.getStatus().getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> true;
            case RESOURCE_EXHAUSTED ->
                EphemeralErrors.reason(failure).filter(OVERLOADS::contains).isPresent();
            default -> false;
        };
    }
}

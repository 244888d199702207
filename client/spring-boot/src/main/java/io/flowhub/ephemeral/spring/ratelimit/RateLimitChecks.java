package io.flowhub.ephemeral.spring.ratelimit;

import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.client.EphemeralStubs;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.UUID;

/** Checks one limit, within the deadline. */
final class RateLimitChecks {

    private final EphemeralStubs ephemeral;
    private final Duration deadline;

    RateLimitChecks(EphemeralStubs ephemeral, Duration deadline) {
        this.ephemeral = ephemeral;
        this.deadline = deadline;
    }

    /**
     * Consumes one hit.
     *
     * @throws StatusRuntimeException if the call is wrong, such as an action without policy: no policy for outages may hide
     *     this
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
            if (isMistake(e)) {
                throw e;
            }
            return new RateLimitDecision.Undecided(e, EphemeralErrors.retryDelay(e));
        }
    }

    private static boolean isMistake(StatusRuntimeException failure) {
        return switch (failure.getStatus().getCode()) {
            case INVALID_ARGUMENT, NOT_FOUND, UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED -> true;
            default -> false;
        };
    }
}

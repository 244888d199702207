package io.flowhub.ephemeral.spring.ratelimit;

import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;

sealed interface RateLimitDecision {

    record Decided(CheckRateResponse response) implements RateLimitDecision {}

    record Undecided(StatusRuntimeException failure, Optional<Duration> retryDelay) implements RateLimitDecision {}
}

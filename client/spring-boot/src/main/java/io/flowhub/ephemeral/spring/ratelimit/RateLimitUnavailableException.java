package io.flowhub.ephemeral.spring.ratelimit;

import java.time.Duration;
import java.util.Optional;
import org.springframework.http.HttpStatus;

/** No decision could be had within the deadline, and the limit is {@link OnUnavailable#CLOSED}: 503. */
public final class RateLimitUnavailableException extends RateLimitException {

    RateLimitUnavailableException(String action, Optional<Duration> retryAfter, Throwable cause) {
        super(HttpStatus.SERVICE_UNAVAILABLE, action, retryAfter, cause);
    }
}

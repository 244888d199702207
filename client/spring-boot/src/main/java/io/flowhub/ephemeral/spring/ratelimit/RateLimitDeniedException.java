package io.flowhub.ephemeral.spring.ratelimit;

import java.time.Duration;
import java.util.Optional;
import org.springframework.http.HttpStatus;

/** The limit is used up: 429. */
public final class RateLimitDeniedException extends RateLimitException {

    RateLimitDeniedException(String action, Optional<Duration> retryAfter) {
        super(HttpStatus.TOO_MANY_REQUESTS, action, retryAfter, null);
    }
}

package io.flowhub.ephemeral.spring.ratelimit;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** The handler was not called. The response already has the headers of the limit. */
public abstract sealed class RateLimitException extends ErrorResponseException
        permits RateLimitDeniedException, RateLimitUnavailableException {

    private final String action;
    private final transient @Nullable Duration retryAfter;

    RateLimitException(HttpStatus status, String action, Optional<Duration> retryAfter, @Nullable Throwable cause) {
        super(status, ProblemDetail.forStatus(status), cause);
        this.action = action;
        this.retryAfter = retryAfter.orElse(null);
    }

    /** The action of the limit. */
    public String action() {
        return action;
    }

    /** How long to wait before another call. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Many calls may be denied, and the stack says nothing about them. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}

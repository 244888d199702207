package io.flowhub.ephemeral.spring.ratelimit;

import io.flowhub.ephemeral.v1.CheckRateResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.Optional;

/** The headers of a limited response. Of several limits, those of the one with the fewest hits left. */
final class RateLimitHeaders {

    private final HttpServletResponse response;
    private int fewestRemaining = Integer.MAX_VALUE;

    RateLimitHeaders(HttpServletResponse response) {
        this.response = response;
    }

    void set(CheckRateResponse decision) {
        if (decision.getRemaining() < fewestRemaining || !decision.getAllowed()) {
            fewestRemaining = decision.getRemaining();
            response.setHeader("RateLimit-Limit", Integer.toString(decision.getLimit()));
            response.setHeader("RateLimit-Remaining", Integer.toString(decision.getRemaining()));
            response.setHeader("RateLimit-Reset", Long.toString(wholeSeconds(java(decision.getResetAfter()))));
        }
    }

    void setRetryAfter(Optional<Duration> delay) {
        delay.ifPresent(value -> response.setHeader("Retry-After", Long.toString(wholeSeconds(value))));
    }

    static Optional<Duration> retryAfter(CheckRateResponse decision) {
        return decision.hasRetryAfter() ? Optional.of(java(decision.getRetryAfter())) : Optional.empty();
    }

    private static Duration java(com.google.protobuf.Duration duration) {
        return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
    }

    /** Rounded up: a caller that waits this long is not too early. */
    private static long wholeSeconds(Duration duration) {
        return duration.plusNanos(999_999_999).toSeconds();
    }
}

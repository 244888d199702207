package io.flowhub.ephemeral.server.ratelimit;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.v1.CheckRateRequest;

/** Policies and requests that the tests of this package share. */
final class RateLimitCalls {

    /** No window ends and no bucket refills during a test, except for {@code one_second}. */
    static final String POLICIES = """
            rate_limit.policies:
              login_attempts: {limit: 5, window: 60s}
              fixed: {limit: 10, window: 1h}
              sliding: {limit: 10, window: 1h, algorithm: sliding_window}
              bucket: {limit: 10, window: 1h, algorithm: token_bucket}
              one_second: {limit: 3, window: 1s}
              "*": {limit: 7, window: 1m}
            """;

    static CheckRateRequest check(String user, String action) {
        return CheckRateRequest.newBuilder().setUserId(user).setAction(action).build();
    }

    static CheckRateRequest check(String user, String action, int hits) {
        return check(user, action).toBuilder().setHits(hits).build();
    }

    static long millis(Duration duration) {
        return duration.getSeconds() * 1000 + duration.getNanos() / 1_000_000;
    }

    private RateLimitCalls() {}
}

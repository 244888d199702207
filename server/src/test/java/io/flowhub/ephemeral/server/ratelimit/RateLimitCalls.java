package io.flowhub.ephemeral.server.ratelimit;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import java.util.List;

/** Calls for one user, and the policies that the tests of this package share. */
record RateLimitCalls(TestServer server, String user) {

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

    /** The decision, without its times. */
    record Outcome(boolean allowed, int remaining, boolean hasRetryAfter) {
        static Outcome of(CheckRateResponse response) {
            return new Outcome(response.getAllowed(), response.getRemaining(), response.hasRetryAfter());
        }
    }

    static Outcome allowed(int remaining) {
        return new Outcome(true, remaining, false);
    }

    static Outcome denied(int remaining) {
        return new Outcome(false, remaining, true);
    }

    static Outcome neverAllowed(int remaining) {
        return new Outcome(false, remaining, false);
    }

    CheckRateRequest of(String action, int hits) {
        return check(user, action, hits);
    }

    CheckRateRequest of(String action, int hits, String requestId) {
        return of(action, hits).toBuilder().setRequestId(requestId).build();
    }

    CheckRateResponse call(CheckRateRequest request) {
        return server.rateLimits().checkRate(request);
    }

    CheckRateResponse call(String action, int hits) {
        return call(of(action, hits));
    }

    Outcome decide(String action, int hits) {
        return Outcome.of(call(action, hits));
    }

    /** The hits are unset, so one is counted. */
    boolean isAllowed(String action) {
        return call(check(user, action)).getAllowed();
    }

    int remaining(String action) {
        return call(action, 0).getRemaining();
    }

    int refund(String action, int hits) {
        var request = RefundRateRequest.newBuilder().setUserId(user).setAction(action);
        return server.rateLimits().refundRate(request.setHits(hits).build()).getRemaining();
    }

    int reset(String action) {
        var request = ResetRateRequest.newBuilder().setUserId(user).setAction(action);
        return server.rateLimits().resetRate(request.build()).getRemaining();
    }

    /** The mode is unset. */
    BatchCheckRateResponse independent(CheckRateRequest... checks) {
        return batch(BatchMode.BATCH_MODE_UNSPECIFIED, List.of(checks));
    }

    BatchCheckRateResponse allOrNothing(CheckRateRequest... checks) {
        return batch(BatchMode.BATCH_MODE_ALL_OR_NOTHING, List.of(checks));
    }

    BatchCheckRateResponse batch(BatchMode mode, List<CheckRateRequest> checks) {
        var request = BatchCheckRateRequest.newBuilder().setMode(mode).addAllRequests(checks);
        return server.rateLimits().batchCheckRate(request.build());
    }
}

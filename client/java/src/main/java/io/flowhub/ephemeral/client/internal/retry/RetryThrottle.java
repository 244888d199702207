package io.flowhub.ephemeral.client.internal.retry;

import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stops retries while servers are down. Starts full at 100, loses 1 for each {@code UNAVAILABLE}, gains 0.1 for each
 * success; retries are allowed while it is more than half full. The rule is that of
 * <a href="https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs">
 * gRFC A6</a>.
 */
final class RetryThrottle {

    private static final int FULL = 1_000;
    private static final int UNAVAILABLE = -10;
    private static final int SUCCEEDED = 1;

    private final AtomicInteger tenths = new AtomicInteger(FULL);

    void record(Status outcome) {
        switch (outcome.getCode()) {
            case OK -> add(SUCCEEDED);
            case UNAVAILABLE -> add(UNAVAILABLE);
            default -> {}
        }
    }

    boolean allowsRetry() {
        return tenths.get() > FULL / 2;
    }

    private void add(int change) {
        tenths.updateAndGet(now -> Math.max(0, Math.min(FULL, now + change)));
    }
}

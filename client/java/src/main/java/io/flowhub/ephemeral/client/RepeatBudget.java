package io.flowhub.ephemeral.client;

import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps repetitions from burdening servers that are down: full at first, it loses 1 for an unavailable server and wins
 * 0.1 for an answer, and calls are repeated only while it is more than half full. It holds 100. The rule is the one of
 * <a href="https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs">
 * gRFC A6</a>.
 */
final class RepeatBudget {

    private static final int FULL = 1_000;
    private static final int UNAVAILABLE = -10;
    private static final int ANSWERED = 1;

    private final AtomicInteger tenths = new AtomicInteger(FULL);

    void count(Status outcome) {
        switch (outcome.getCode()) {
            case OK -> add(ANSWERED);
            case UNAVAILABLE -> add(UNAVAILABLE);
            default -> {}
        }
    }

    boolean allowsRepeat() {
        return tenths.get() > FULL / 2;
    }

    private void add(int change) {
        tenths.updateAndGet(now -> Math.max(0, Math.min(FULL, now + change)));
    }
}

package io.flowhub.ephemeral.bench.load;

import io.grpc.Status;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How many calls ended how: with the expected response, another response, or another status. */
final class Outcomes {

    /** The response that the method expects. */
    static final int EXPECTED = 0;

    /** A response with status OK that is not the expected one. */
    static final int UNEXPECTED_RESPONSE = 17;

    /** The stream was reset, or the response has no status. */
    static final int NO_STATUS = 18;

    private final long[] counts = new long[NO_STATUS + 1];

    void add(int outcome) {
        counts[outcome < 0 || outcome > NO_STATUS ? NO_STATUS : outcome]++;
    }

    long failed() {
        return Arrays.stream(counts).sum() - counts[EXPECTED];
    }

    /** For example {@code UNAVAILABLE:12,UNEXPECTED_RESPONSE:3}, or {@code none}. */
    String failures() {
        String failures = IntStream.range(1, counts.length)
                .filter(outcome -> counts[outcome] > 0)
                .mapToObj(outcome -> name(outcome) + ":" + counts[outcome])
                .collect(Collectors.joining(","));
        return failures.isEmpty() ? "none" : failures;
    }

    private static String name(int outcome) {
        return switch (outcome) {
            case UNEXPECTED_RESPONSE -> "UNEXPECTED_RESPONSE";
            case NO_STATUS -> "NO_STATUS";
            default -> Status.fromCodeValue(outcome).getCode().name();
        };
    }
}

package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.config.Durations;
import java.time.Duration;
import java.util.Locale;

/**
 * The limit of one action.
 *
 * @param limit hits that pass in a window, 1 to {@value #MAX_LIMIT}
 * @param window 1 second to {@link Algorithm#maxWindow()}, in whole milliseconds
 */
record Policy(int limit, Duration window, Algorithm algorithm) {

    /** Up to this limit, limit times window stays an exact integer in a Lua number (2^53), in milliseconds. */
    static final int MAX_LIMIT = 1_000_000;

    private static final Duration MIN_WINDOW = Duration.ofSeconds(1);

    Policy {
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("limit: " + limit + " (expected: 1 to " + MAX_LIMIT + ")");
        }
        if (window.compareTo(MIN_WINDOW) < 0 || window.compareTo(algorithm.maxWindow()) > 0) {
            throw new IllegalArgumentException("window: " + Durations.format(window) + " (expected: "
                    + Durations.format(MIN_WINDOW) + " to " + Durations.format(algorithm.maxWindow()) + " for "
                    + algorithm.name().toLowerCase(Locale.ROOT) + ")");
        }
    }

    @Override
    public String toString() {
        return "{limit: " + limit + ", window: " + Durations.format(window) + ", algorithm: "
                + algorithm.name().toLowerCase(Locale.ROOT) + "}";
    }

    /** How hits are counted; implemented in {@code lua/ratelimit}. */
    enum Algorithm {
        /** A counter that starts with the first hit and is reset when the window ends. */
        FIXED_WINDOW(Duration.ofHours(24)),
        /** The counter of the current window plus the overlapping share of the previous window. */
        SLIDING_WINDOW(Duration.ofHours(12)),
        /** A bucket of {@code limit} tokens that refills evenly within a window (GCRA). */
        TOKEN_BUCKET(Duration.ofHours(24));

        private final Duration maxWindow;

        Algorithm(Duration maxWindow) {
            this.maxWindow = maxWindow;
        }

        /** No key has a TTL of more than 24 hours, and a sliding window needs its key for two windows. */
        Duration maxWindow() {
            return maxWindow;
        }
    }
}

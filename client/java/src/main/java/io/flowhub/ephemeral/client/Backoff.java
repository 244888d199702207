package io.flowhub.ephemeral.client;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt to open a stream: as long as the server asks for, or else twice as long after
 * each failure, from a tenth of a second to 5 seconds, of which a random half is left out. Streams that broke together
 * do not come back together. Not thread-safe.
 */
final class Backoff {

    private static final long FIRST_NANOS = Duration.ofMillis(100).toNanos();
    private static final int MAX_DOUBLINGS = 6;
    private static final Duration MAX = Duration.ofSeconds(5);

    private int failures;

    Duration next(Optional<Duration> asked) {
        Duration own = Duration.ofNanos(FIRST_NANOS << Math.min(failures++, MAX_DOUBLINGS));
        return asked.map(wait -> upToAFifthLonger(shorter(wait, MAX))).orElseGet(() -> halfAtLeast(shorter(own, MAX)));
    }

    /** It worked: the next failure is the first again. */
    void reset() {
        failures = 0;
    }

    /** For a wait that was asked for, and may not be less. */
    static Duration upToAFifthLonger(Duration wait) {
        return wait.plusNanos(ThreadLocalRandom.current().nextLong(wait.toNanos() / 5 + 1));
    }

    private static Duration halfAtLeast(Duration wait) {
        return wait.minusNanos(ThreadLocalRandom.current().nextLong(wait.toNanos() / 2 + 1));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}

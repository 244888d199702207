package io.flowhub.ephemeral.client.internal.stream;

import io.flowhub.ephemeral.client.internal.Jitter;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The wait before the next attempt to open a stream: the server's retry delay, or else 100 ms, doubled with each failure
 * up to 5 s. A retry delay is lengthened by up to a fifth, an own wait shortened by up to half. Not thread-safe.
 */
public final class Backoff {

    private static final long FIRST_NANOS = Duration.ofMillis(100).toNanos();
    private static final int MAX_DOUBLINGS = 6;
    private static final Duration MAX = Duration.ofSeconds(5);

    private final RandomGenerator random;
    private int failures;

    public Backoff(RandomGenerator random) {
        this.random = random;
    }

    /**
     * The next wait.
     *
     * @param retryDelay of the failure, if the server sent one; capped at 5 s
     */
    public Duration next(Optional<Duration> retryDelay) {
        Duration own = Duration.ofNanos(FIRST_NANOS << Math.min(failures++, MAX_DOUBLINGS));
        return retryDelay
                .map(delay -> Jitter.upToAFifthLonger(capped(delay), random))
                .orElseGet(() -> Jitter.upToHalfShorter(capped(own), random));
    }

    /** After a success: the next failure counts as the first. */
    public void reset() {
        failures = 0;
    }

    private static Duration capped(Duration wait) {
        return wait.compareTo(MAX) < 0 ? wait : MAX;
    }
}

package io.flowhub.ephemeral.client.internal;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Randomizes waits, so that clients that failed together do not return together. */
public final class Jitter {

    /** For a minimum wait: between {@code wait} and 1.2 times {@code wait}. */
    public static Duration upToAFifthLonger(Duration wait, RandomGenerator random) {
        return wait.plusNanos(random.nextLong(wait.toNanos() / 5 + 1));
    }

    /** For a maximum wait: between half of {@code wait} and {@code wait}. */
    public static Duration upToHalfShorter(Duration wait, RandomGenerator random) {
        return wait.minusNanos(random.nextLong(wait.toNanos() / 2 + 1));
    }

    private Jitter() {}
}

package io.flowhub.ephemeral.client;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for a condition, and not a moment longer. */
final class Eventually {

    static void holds(BooleanSupplier condition) throws InterruptedException {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(20)) {
                throw new AssertionError("Not within 20 s");
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private Eventually() {}
}

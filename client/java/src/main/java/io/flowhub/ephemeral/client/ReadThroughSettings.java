package io.flowhub.ephemeral.client;

import java.time.Duration;

/** How a {@link ReadThrough} waits and loads; {@link EphemeralClientBuilder} says what each means. */
record ReadThroughSettings(Duration maxCacheWait, int maxLoads, Duration loadDeadline) {

    static final ReadThroughSettings DEFAULT =
            new ReadThroughSettings(Duration.ofMillis(200), 16, Duration.ofSeconds(2));
}

package io.flowhub.ephemeral.client.internal.cache;

import java.time.Duration;

/** How long a {@code ReadThrough} waits and how many loads it runs; {@code EphemeralClientBuilder} explains each. */
public record ReadThroughSettings(Duration maxCacheWait, int maxLoads, Duration loadDeadline) {

    public static final ReadThroughSettings DEFAULT =
            new ReadThroughSettings(Duration.ofMillis(200), 16, Duration.ofSeconds(2));
}

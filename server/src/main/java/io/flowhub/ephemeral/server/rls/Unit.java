package io.flowhub.ephemeral.server.rls;

import java.util.Locale;

/** A unit of time in a limit. A month has 30 days and a year 365, as in Envoy's rate limit service. */
enum Unit {
    SECOND(1),
    MINUTE(60),
    HOUR(3_600),
    DAY(86_400),
    WEEK(7 * 86_400),
    MONTH(30 * 86_400),
    YEAR(365 * 86_400);

    private final long seconds;

    Unit(long seconds) {
        this.seconds = seconds;
    }

    long seconds() {
        return seconds;
    }

    /** As files and keys have it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

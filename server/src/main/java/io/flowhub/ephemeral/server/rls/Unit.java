package io.flowhub.ephemeral.server.rls;

/** The unit of time of a limit. A month has 30 days, a year 365; the units are fixed numbers of seconds, as in Envoy's rate limit service. */
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
}

package io.flowhub.ephemeral.server.rls;

/**
 * A number of hits in a window.
 *
 * @param requestsPerUnit 0 to {@value #MAX_REQUESTS}; 0 denies every hit
 * @param multiplier units in a window, at least 1
 */
record Limit(long requestsPerUnit, Unit unit, int multiplier) {

    static final long MAX_REQUESTS = (1L << 32) - 1;

    long windowMillis() {
        return unit.seconds() * multiplier * 1_000;
    }
}

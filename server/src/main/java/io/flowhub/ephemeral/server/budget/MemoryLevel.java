package io.flowhub.ephemeral.server.budget;

/** How full Redis is. A level ends only well below the threshold that it started at, so that it does not flap. */
enum MemoryLevel {
    OK(0),
    WARN(80),
    FULL(90);

    private static final int HYSTERESIS_PERCENT = 5;

    private final int thresholdPercent;

    MemoryLevel(int thresholdPercent) {
        this.thresholdPercent = thresholdPercent;
    }

    /** The level that follows this one at this usage. */
    MemoryLevel next(long usedBytes, long maxBytes) {
        if (isReached(FULL, usedBytes, maxBytes)) {
            return FULL;
        }
        return isReached(WARN, usedBytes, maxBytes) ? WARN : OK;
    }

    private boolean isReached(MemoryLevel level, long usedBytes, long maxBytes) {
        boolean isActive = compareTo(level) >= 0;
        int percent = isActive ? level.thresholdPercent - HYSTERESIS_PERCENT : level.thresholdPercent;
        return usedBytes * 100 > maxBytes * percent;
    }
}

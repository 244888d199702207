package io.flowhub.ephemeral.server.budget;

import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;

/** How full Redis is. A level ends only well below the threshold that it started at, so that it does not flap. */
enum MemoryLevel {
    /** Redis does not report its memory. */
    UNKNOWN(0),
    OK(0),
    WARN(80),
    FULL(StateClass.CACHE.percent());

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
        int percent = isActive ? level.thresholdPercent - MemoryPressure.HYSTERESIS_PERCENT : level.thresholdPercent;
        return usedBytes * 100 > maxBytes * percent;
    }
}

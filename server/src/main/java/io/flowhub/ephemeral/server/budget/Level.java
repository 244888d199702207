package io.flowhub.ephemeral.server.budget;

/** How full Redis is. A level is left only well below the mark that led to it, so that it does not flap. */
enum Level {
    OK(0),
    WARN(80),
    FULL(90);

    private static final int LEFT_BELOW_PERCENT = 5;

    private final int markPercent;

    Level(int markPercent) {
        this.markPercent = markPercent;
    }

    /** The level that follows this one when so much is used of so much. */
    Level next(long used, long max) {
        return isAt(FULL, used, max) ? FULL : isAt(WARN, used, max) ? WARN : OK;
    }

    private boolean isAt(Level level, long used, long max) {
        boolean reached = compareTo(level) >= 0;
        return used * 100 > max * (reached ? level.markPercent - LEFT_BELOW_PERCENT : level.markPercent);
    }
}

package io.flowhub.ephemeral.server.broadcast;

import java.util.HashMap;
import java.util.Map;

/**
 * Finds the numbers of other servers that did not arrive here. What a server published before this one subscribed is not
 * missing; the answer to a probe states where that begins.
 */
final class HoleDetector {

    /** Servers that restart have new ids. The numbers of all of them are dropped beyond this many. */
    private static final int MAX_PUBLISHERS = 10_000;

    private final Map<String, Range> ranges = new HashMap<>();

    /** The numbers of one server that arrived: all from the first to the last, except holes that were counted. */
    private static final class Range {
        private long first;
        private long last;

        /** Whether the numbers that are missing before the first one are counted. */
        private boolean isCountedBefore;

        /** Whether no number arrived since {@link #interrupt}. */
        private boolean isInterrupted;

        private Range(long first) {
            this.first = first;
            this.last = first;
        }

        private Missing missingBefore(long number) {
            long count = number - last - 1;
            boolean isUnreported = !isInterrupted;
            if (isInterrupted) {
                isInterrupted = false;
                isCountedBefore = true;
                first = number;
            }
            last = Math.max(last, number); // a call that timed out may arrive late
            return count > 0 ? new Missing(count, isUnreported) : Missing.NONE;
        }

        private Missing missingBeforeFirst(long lastBefore) {
            long count = first - lastBefore - 1;
            if (isInterrupted || count <= 0) {
                return Missing.NONE;
            }
            first = lastBefore + 1;
            return new Missing(isCountedBefore ? 0 : count, true);
        }
    }

    /** Returns the numbers that are missing between the last one of the publisher and this one. */
    synchronized Missing missingBefore(String publisher, long number) {
        Range range = ranges.get(publisher);
        if (range == null) {
            if (ranges.size() == MAX_PUBLISHERS) {
                ranges.clear();
            }
            ranges.put(publisher, new Range(number));
            return Missing.NONE;
        }
        return range.missingBefore(number);
    }

    /**
     * Returns the numbers that are missing before the first one that arrived.
     *
     * @param lastBefore the last number of the publisher before this server subscribed, or a later one that arrived
     */
    synchronized Missing missingBeforeFirst(String publisher, long lastBefore) {
        Range range = ranges.get(publisher);
        return range == null ? Missing.NONE : range.missingBeforeFirst(lastBefore);
    }

    /** The subscription was interrupted. The streams know that messages may be missing. */
    synchronized void interrupt() {
        ranges.values().forEach(range -> range.isInterrupted = true);
    }
}

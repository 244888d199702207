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

    /** The numbers of one server that arrived: all from the first to the last, except holes that were reported. */
    private static final class Range {
        private final long first;
        private long last;

        private Range(long first) {
            this.first = first;
            this.last = first;
        }
    }

    /** Returns whether numbers between the last one of the publisher and this one are missing. */
    synchronized boolean isAfterHole(String publisher, long number) {
        Range range = ranges.get(publisher);
        if (range == null) {
            if (ranges.size() == MAX_PUBLISHERS) {
                ranges.clear();
            }
            ranges.put(publisher, new Range(number));
            return false;
        }
        boolean isAfterHole = number > range.last + 1;
        range.last = Math.max(range.last, number); // a call that timed out may arrive late
        return isAfterHole;
    }

    /**
     * Returns whether a number is missing before the first one that arrived.
     *
     * @param lastBefore the last number of the publisher before this server subscribed, or a later one that arrived
     */
    synchronized boolean isHoleBeforeFirst(String publisher, long lastBefore) {
        Range range = ranges.get(publisher);
        return range != null && range.first > lastBefore + 1;
    }

    /** Numbers may be missing, which is reported already. */
    synchronized void reset() {
        ranges.clear();
    }
}

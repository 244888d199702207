package io.flowhub.ephemeral.server.faults;

import java.util.ArrayList;
import java.util.List;

/** The times at which Redis may lose state, by {@link System#nanoTime}. Thread-safe. */
final class Losses {

    private final List<Interval> intervals = new ArrayList<>();

    private record Interval(long from, long to) {}

    synchronized void begin() {
        end();
        intervals.add(new Interval(System.nanoTime(), Long.MAX_VALUE));
    }

    synchronized void end() {
        if (!intervals.isEmpty()) {
            Interval last = intervals.remove(intervals.size() - 1);
            intervals.add(new Interval(last.from, Math.min(last.to, System.nanoTime())));
        }
    }

    /** The first moment at which state of an object that is used since this time may be lost. */
    synchronized long firstAfter(long start) {
        for (Interval interval : intervals) {
            if (interval.to >= start) {
                return Math.max(start, interval.from);
            }
        }
        return Long.MAX_VALUE;
    }
}

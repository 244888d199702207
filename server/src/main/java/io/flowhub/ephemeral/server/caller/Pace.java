package io.flowhub.ephemeral.server.caller;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A number of calls per second, and a burst: a quarter of a second's calls, at least {@value #MIN_BURST}, at once. One time
 * is all its state: until when the calls so far take if they are spread evenly. Thread-safe and lock-free.
 */
final class Pace {

    static final int MIN_BURST = 10;

    private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long MAX_OVERDRAFT_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final AtomicLong spentUntil;
    private volatile long nanosPerCall;

    /** @param now the time in nanoseconds, as in all methods */
    Pace(long callsPerSecond, long now) {
        this.spentUntil = new AtomicLong(now);
        setRate(callsPerSecond);
    }

    void setRate(long callsPerSecond) {
        nanosPerCall = TimeUnit.SECONDS.toNanos(1) / callsPerSecond;
    }

    /** Takes a call and returns true, or takes none if the burst is used up. */
    boolean tryTake(long now) {
        long each = nanosPerCall;
        while (true) {
            long before = spentUntil.get();
            long spent = Math.max(0, before - now) + each;
            if (spent > burst(each)) {
                return false;
            }
            if (spentUntil.compareAndSet(before, now + spent)) {
                return true;
            }
        }
    }

    /** Takes a call also beyond the burst. Returns the time in nanoseconds until the burst suffices again; 0 if it does. */
    long overdraw(long now) {
        long each = nanosPerCall;
        long burst = burst(each);
        long after = spentUntil.updateAndGet(before ->
                now + Math.min(burst + MAX_OVERDRAFT_NANOS, Math.max(0, before - now) + each));
        return Math.max(0, after - now - burst);
    }

    private static long burst(long nanosPerCall) {
        return Math.max(BURST_NANOS, nanosPerCall * MIN_BURST);
    }
}

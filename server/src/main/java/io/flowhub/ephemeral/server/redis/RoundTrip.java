package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;

/**
 * How far away a master is: the shortest time from sending a script call to its reply, lately. Only script calls count that
 * were sent while at most one other was in flight. The replies to further ones waited for those before them, and if they
 * counted, a slow master would look distant, receive more script calls, and look more distant. Thread-safe.
 *
 * <p>It decides how many script calls fill the way to the master and back, and for how long a reply is not late yet.
 */
final class RoundTrip {

    private static final int MAX_OTHERS = 1;

    /** A shorter round trip counts at once, a longer one after one to two windows. */
    private static final Duration WINDOW = Duration.ofSeconds(10);

    /** A window ends with this many samples: a few may be those of a pause of this process. */
    private static final int MIN_SAMPLES = 8;

    private static final long UNKNOWN = Long.MAX_VALUE;

    /** A reply is late after the usual round trip and three more. */
    private static final int ROUND_TRIPS_UNTIL_LATE = 4;

    /** Added to a round trip, so that a reply is not late because of a small delay. */
    private static final Duration TOLERANCE = Duration.ofMillis(100);

    private final Ticker ticker;
    private int inFlight;
    private long windowBeginNanos;
    private int samples;
    private long shortestNanos = UNKNOWN;
    private long shortestBeforeNanos = UNKNOWN;
    private volatile long nanos = UNKNOWN;
    private volatile boolean established;

    RoundTrip(Ticker ticker) {
        this.ticker = ticker;
        this.windowBeginNanos = ticker.read();
    }

    /** One script call. */
    final class Call {

        private final long sentNanos = ticker.read();
        private final boolean counts;
        private boolean ended;
        private boolean replied;
        private boolean late;

        private Call(boolean counts) {
            this.counts = counts;
        }

        /** A reply arrived, in time or late. Only the first one counts. */
        void onReply() {
            synchronized (RoundTrip.this) {
                end();
                if (counts && !replied) {
                    replied = true;
                    long now = ticker.read();
                    record(now - sentNanos, now, late);
                }
            }
        }

        /** No reply arrived in time, or the connection was lost. */
        void onFailure() {
            synchronized (RoundTrip.this) {
                end();
                late = true;
            }
        }

        private void end() {
            if (!ended) {
                ended = true;
                inFlight--;
            }
        }
    }

    /** A script call is sent. */
    synchronized Call begin() {
        inFlight++;
        return new Call(inFlight <= 1 + MAX_OTHERS);
    }

    /** @param late what was known is wrong: with it, no reply would be in time */
    private void record(long sampleNanos, long now, boolean late) {
        if (late) {
            shortestBeforeNanos = sampleNanos;
            shortestNanos = sampleNanos;
            samples = 0;
            windowBeginNanos = now;
        } else if (samples >= MIN_SAMPLES && now - windowBeginNanos >= WINDOW.toNanos()) {
            shortestBeforeNanos = shortestNanos;
            shortestNanos = UNKNOWN;
            samples = 0;
            windowBeginNanos = now;
        }
        samples++;
        established = established || samples >= MIN_SAMPLES;
        shortestNanos = Math.min(shortestNanos, sampleNanos);
        nanos = Math.min(shortestNanos, shortestBeforeNanos);
    }

    /** Zero while it is not known. */
    Duration duration() {
        long known = nanos;
        return known == UNKNOWN ? Duration.ZERO : Duration.ofNanos(known);
    }

    /**
     * How many script calls of one script may be in flight: so many that one may be sent at each time of the {@link
     * ScriptBatcher#PACE}. Then batches are about as large as near a master.
     *
     * @param near to a near master
     * @param max to any master
     */
    int scriptsInFlight(int near, int max) {
        long known = nanos;
        long more = known == UNKNOWN ? 0 : known / ScriptBatcher.PACE.toNanos();
        return (int) Math.min(near + more, max);
    }

    /** The milliseconds after which a reply is late, within these bounds; the upper one while nothing is known. */
    long lateAfterMillis(long min, long max) {
        long known = nanos;
        return known == UNKNOWN
                ? max
                : Math.max(
                        min,
                        Math.min(
                                max,
                                ROUND_TRIPS_UNTIL_LATE * Duration.ofNanos(known).toMillis()));
    }

    /**
     * The milliseconds within which a reply arrives that is not late; at least the given ones. The first replies show little:
     * this process and its connections are new.
     */
    long expectedMillis(long min) {
        return established ? Math.max(min, duration().plus(TOLERANCE).toMillis()) : min;
    }
}

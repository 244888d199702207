package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;

/**
 * How long calls were queued before they were sent, the longest time of all scripts and masters, while it is long. Recorded
 * on the event loop of the connection, read by every call.
 */
final class QueueDelay {

    private static final long LONG_MILLIS = 250;

    /** An overloaded Redis delays a batch in every such period. */
    private static final long HOLD_NANOS = Duration.ofMillis(250).toNanos();

    private final Ticker ticker;
    private volatile long recordedNanos;
    private volatile long millis;

    QueueDelay(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Records how long the calls of a batch were queued. */
    void record(Duration queued) {
        long next = queued.toMillis();
        if (next >= LONG_MILLIS && next >= millis()) {
            recordedNanos = ticker.read();
            millis = next;
        }
    }

    /** Of the last moments; 0 if it is short, as it nearly always is: then one field is read. */
    long millis() {
        long present = millis;
        if (present == 0 || ticker.read() - recordedNanos <= HOLD_NANOS) {
            return present;
        }
        millis = 0;
        return 0;
    }
}

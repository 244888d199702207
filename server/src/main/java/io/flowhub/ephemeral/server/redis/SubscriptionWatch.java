package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.event.LogEvent;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a subscription that is connected and silent: two probes in a row were published, and none arrived. A probe is the
 * message of a {@link WriteProbe}, or while streams are open, which would receive nothing, one of its own. The connections
 * of the subscription are closed then, which reports a gap to every subscriber.
 */
final class SubscriptionWatch implements Subscriber {

    /** Delay between two probes while streams are open. One command: some Redis are billed by command. */
    private static final Duration STREAM_INTERVAL = Duration.ofSeconds(5);

    /** From the first of these probes: long enough for the second one, while there are streams. */
    private static final Duration MAX_SILENCE = Duration.ofMillis(7_500);

    /** From the last probe: it may still arrive. */
    private static final Duration MAX_DELAY = Duration.ofSeconds(2);

    private static final int PROBES = 2;

    private static final Logger log = LoggerFactory.getLogger(SubscriptionWatch.class);
    private static final LogEvent SILENT =
            LogEvent.warn("subscriptions_silent", "Subscriptions are connected and receive nothing: reconnecting");

    private final Ticker ticker;
    private final Runnable closeConnections;

    /** Probes that were sent since one arrived. */
    private int sent;

    private long firstSentNanos;
    private long lastSentNanos;

    /** Logged once until something arrives again: an ACL that forbids the channel does not change by reconnecting. */
    private boolean logged;

    SubscriptionWatch(Ticker ticker, Runnable closeConnections) {
        this.ticker = ticker;
        this.closeConnections = closeConnections;
    }

    /** A probe arrived, of this server or another one. */
    @Override
    public synchronized void onMessage(String message) {
        sent = 0;
        logged = false;
    }

    @Override
    public synchronized void onGap() {
        sent = 0; // earlier probes may have missed the subscription; if it is silent, the next ones find it
    }

    /** A probe of this server is sent. */
    synchronized void onSent() {
        lastSentNanos = ticker.read();
        if (sent == 0) {
            firstSentNanos = lastSentNanos;
        }
        sent++;
    }

    /** Redis did not publish a probe, so none can be missed. */
    synchronized void onFailed() {
        sent = 0;
    }

    /** Whether a probe is due while streams are open. */
    synchronized boolean isDue() {
        return ticker.read() - lastSentNanos >= STREAM_INTERVAL.toNanos();
    }

    /** To be called often. */
    synchronized void check() {
        long now = ticker.read();
        if (sent < PROBES
                || now - firstSentNanos < MAX_SILENCE.toNanos()
                || now - lastSentNanos < MAX_DELAY.toNanos()) {
            return;
        }
        sent = 0;
        if (!logged) {
            logged = true;
            SILENT.log(log);
        }
        closeConnections.run();
    }
}

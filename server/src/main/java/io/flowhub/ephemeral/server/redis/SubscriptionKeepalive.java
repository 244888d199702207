package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a subscription that is connected and silent. Each server publishes to one channel at an interval, so each receives
 * something in that time. A server that receives nothing for more than two intervals, although Redis is available, closes
 * its subscription connections, which reports a gap to every subscriber.
 */
final class SubscriptionKeepalive implements Subscriber {

    static final String CHANNEL = "ephemeral:keepalive";
    static final Duration INTERVAL = Duration.ofSeconds(5);

    private static final Duration MAX_SILENCE = Duration.ofSeconds(12);

    private static final Logger log = LoggerFactory.getLogger(SubscriptionKeepalive.class);

    private final Ticker ticker;
    private final Runnable closeConnections;

    private long lastReceivedNanos;

    /** Logged once until something arrives again: an ACL that forbids the channel does not change by reconnecting. */
    private boolean logged;

    SubscriptionKeepalive(Ticker ticker, Runnable closeConnections) {
        this.ticker = ticker;
        this.closeConnections = closeConnections;
        this.lastReceivedNanos = ticker.read();
    }

    @Override
    public synchronized void onMessage(String message) {
        lastReceivedNanos = ticker.read();
        logged = false;
    }

    @Override
    public void onGap() {
        // The connection is new. If it is silent too, the next check finds it.
    }

    /**
     * To be called at each interval.
     *
     * @param publish sends a message to the channel
     */
    synchronized void check(boolean redisAvailable, Runnable publish) {
        long now = ticker.read();
        if (!redisAvailable) {
            lastReceivedNanos = now;
        } else if (now - lastReceivedNanos > MAX_SILENCE.toNanos()) {
            lastReceivedNanos = now;
            if (!logged) {
                logged = true;
                log.warn("Subscriptions received nothing for {} s: reconnecting", MAX_SILENCE.toSeconds());
            }
            closeConnections.run();
        }
        publish.run();
    }
}

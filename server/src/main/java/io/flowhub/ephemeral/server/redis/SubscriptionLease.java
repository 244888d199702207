package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Whether this server has received what was published until a second ago. The lease is renewed by a message of this server:
 * Redis delivers the messages of a connection in order and all channels share one connection, so when it arrives, those that
 * were published before it have arrived too. It says nothing of a message that is lost on a connection that works.
 *
 * <p>A lease that nothing asks for sends nothing. On a Cluster, whose nodes pass messages on, it is never held.
 */
final class SubscriptionLease implements Subscriber {

    /** From the moment at which the message is sent. */
    static final Duration DURATION = Duration.ofSeconds(1);

    /** Between two messages. The rest of the duration is for the round trip. */
    static final Duration RENEWAL_INTERVAL = Duration.ofMillis(500);

    private final Ticker ticker;
    private final String tag;
    private final Consumer<String> publisher;

    private volatile long endNanos;
    private volatile long sentNanos;
    private long renewals;

    /**
     * @param tag of this server
     * @param publisher publishes a text; may fail
     */
    SubscriptionLease(Ticker ticker, String tag, Consumer<String> publisher) {
        this.ticker = ticker;
        this.tag = tag;
        this.publisher = publisher;
        this.endNanos = ticker.read();
        this.sentNanos = endNanos - RENEWAL_INTERVAL.toNanos();
    }

    /**
     * Also renews the lease, so that it is held for as long as this is called often.
     *
     * @param now of the ticker: a caller has read it, and a denial costs less with one reading
     */
    boolean isHeld(long now) {
        if (now - sentNanos >= RENEWAL_INTERVAL.toNanos()) {
            renew(now);
        }
        return endNanos - now > 0;
    }

    private void renew(long now) {
        String message;
        synchronized (this) {
            if (now - sentNanos < RENEWAL_INTERVAL.toNanos()) { // another thread was faster
                return;
            }
            sentNanos = now;
            renewals++;
            message = message();
        }
        publisher.accept(message);
    }

    /** Only the newest message renews the lease. */
    private String message() {
        return tag + ' ' + renewals;
    }

    @Override
    public synchronized void onMessage(String message) {
        if (message.equals(message())) {
            endNanos = sentNanos + DURATION.toNanos();
        }
    }

    @Override
    public synchronized void onGap() {
        renewals++; // a message that is under way renews nothing
        endNanos = ticker.read();
    }
}

package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** When a master last replied to a script call of any kind. Confined to the event loop. */
final class LastReply {

    /** A master that replied within this time, or a longer round trip, is slow, not unavailable. */
    private static final Duration RECENT = Duration.ofMillis(200);

    private final Ticker ticker;
    private final RoundTrip roundTrip;
    private long nanos;

    LastReply(Ticker ticker, RoundTrip roundTrip) {
        this.ticker = ticker;
        this.roundTrip = roundTrip;
        this.nanos = ticker.read() - RECENT.toNanos();
    }

    void isNow() {
        nanos = ticker.read();
    }

    boolean isRecent() {
        return ticker.read() - nanos < TimeUnit.MILLISECONDS.toNanos(roundTrip.expectedMillis(RECENT.toMillis()));
    }
}

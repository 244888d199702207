package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;

/** When a master last replied to a script call of any kind. Confined to the event loop. */
final class LastReply {

    /** A master that replied within this time is slow, not unavailable. */
    private static final Duration RECENT = Duration.ofMillis(200);

    private final Ticker ticker;
    private long nanos;

    LastReply(Ticker ticker) {
        this.ticker = ticker;
        this.nanos = ticker.read() - RECENT.toNanos();
    }

    void isNow() {
        nanos = ticker.read();
    }

    boolean isRecent() {
        return ticker.read() - nanos < RECENT.toNanos();
    }
}

package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The masters of a Cluster that rejected a call, or did not reply to one, a short time ago: they may have lost heartbeats, so
 * a missing key does not mean that a user is offline. Thread-safe.
 */
final class MasterOutages {

    private final long graceNanos;
    private final Ticker ticker;
    private final Map<Object, Long> failedNanos = new ConcurrentHashMap<>();

    /** @param grace after the last failure, until each online user has sent a heartbeat */
    MasterOutages(Duration grace, Ticker ticker) {
        this.graceNanos = grace.toNanos();
        this.ticker = ticker;
    }

    void onFailure(Object master) {
        long now = ticker.read();
        failedNanos.values().removeIf(nanos -> now - nanos > graceNanos);
        failedNanos.put(master, now);
    }

    /** How long no user of the master may be announced offline: zero if it lost no heartbeats. */
    Duration left(Object master) {
        Long nanos = failedNanos.get(master);
        return nanos == null ? Duration.ZERO : Duration.ofNanos(Math.max(0, nanos + graceNanos - ticker.read()));
    }
}

package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import java.time.Duration;

/**
 * Tracks whether a missing key means that a user is offline. While Redis is unavailable or restarts, heartbeats are lost.
 * An outage ends when Redis has been available for one presence TTL: by then each online user has sent a heartbeat.
 */
final class OutageTracker {

    private final Duration grace;
    private final DaemonScheduler scheduler;
    private final Runnable onBegin;
    private final Runnable onEnd;

    private boolean available;
    private boolean wasAvailable;
    private int outages;
    private volatile boolean settled;

    /** @param onEnd runs also when Redis becomes available for the first time: nothing was sent before, so nothing was lost */
    OutageTracker(Duration grace, DaemonScheduler scheduler, Runnable onBegin, Runnable onEnd) {
        this.grace = grace;
        this.scheduler = scheduler;
        this.onBegin = onBegin;
        this.onEnd = onEnd;
    }

    /** Whether Redis has been available for one presence TTL. */
    boolean isSettled() {
        return settled;
    }

    synchronized void onAvailability(boolean isAvailable) {
        available = isAvailable;
        if (!isAvailable) {
            begin();
            return;
        }
        if (!wasAvailable) {
            wasAvailable = true;
            onEnd.run();
            endAfterGrace(() -> {});
        } else {
            endAfterGrace(onEnd);
        }
    }

    /** Redis restarted before the health check noticed. If the health check did notice, there is an outage already. */
    synchronized void onRestart() {
        if (available) {
            begin();
            endAfterGrace(onEnd);
        }
    }

    /** Runs a task while none of the callbacks runs. */
    synchronized void exclusively(Runnable task) {
        task.run();
    }

    private void begin() {
        settled = false;
        outages++;
        onBegin.run();
    }

    private void endAfterGrace(Runnable callback) {
        int outage = outages;
        scheduler.runAfter(grace, () -> end(outage, callback));
    }

    private synchronized void end(int outage, Runnable callback) {
        if (outage == outages) { // no other outage has begun since
            settled = true;
            callback.run();
        }
    }
}

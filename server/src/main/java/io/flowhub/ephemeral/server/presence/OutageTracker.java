package io.flowhub.ephemeral.server.presence;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * When Redis was away or restarted, heartbeats were lost, so who is not online may only not have been heard. An outage is over
 * when Redis has been back for as long as a heartbeat lasts: by then everybody who is there has sent one.
 */
final class OutageTracker {

    private final long graceMillis;
    private final ScheduledExecutorService scheduler;
    private final Runnable begins;
    private final Runnable ends;

    private boolean up;
    private boolean wasUp;
    private int outages;
    private volatile boolean calm;

    /** @param ends is run as well when Redis is reached for the first time: nothing was heard before, so nothing was missed */
    OutageTracker(Duration grace, ScheduledExecutorService scheduler, Runnable begins, Runnable ends) {
        this.graceMillis = grace.toMillis();
        this.scheduler = scheduler;
        this.begins = begins;
        this.ends = ends;
    }

    /** Whether Redis has been there for as long as a heartbeat lasts. */
    boolean isCalm() {
        return calm;
    }

    /** Redis is away, or back. */
    synchronized void changed(boolean isUp) {
        up = isUp;
        if (!up) {
            begin();
            return;
        }
        if (!wasUp) {
            wasUp = true;
            ends.run();
            endAfterGrace(() -> {});
        } else {
            endAfterGrace(ends);
        }
    }

    /** Redis restarted, so fast that nobody took it for away; if somebody did, there is an outage already. */
    synchronized void restarted() {
        if (up) {
            begin();
            endAfterGrace(ends);
        }
    }

    private void begin() {
        calm = false;
        outages++;
        begins.run();
    }

    private void endAfterGrace(Runnable end) {
        int outage = outages;
        if (!scheduler.isShutdown()) {
            var unused = scheduler.schedule(() -> end(outage, end), graceMillis, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void end(int outage, Runnable end) {
        if (outage == outages) { // else another one began meanwhile
            calm = true;
            end.run();
        }
    }
}

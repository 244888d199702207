package io.flowhub.ephemeral.server.presence;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When Redis was away, no heartbeat arrived, so who is not online may only not have been heard. An outage is over when Redis
 * has been back for as long as a heartbeat lasts: by then everybody who is there has sent one.
 */
final class Outages {

    private final long graceMillis;
    private final ScheduledExecutorService scheduler;
    private final Runnable begins;
    private final Runnable ends;

    private boolean up;
    private boolean wasUp;

    /** Whether this is the first time that Redis is reached: nothing was known before, so nothing is in doubt. */
    private boolean isFirst;

    private @Nullable Future<?> grace;
    private volatile boolean calm;

    /** @param ends is run as well when Redis is reached for the first time: nothing was heard before, so nothing was missed */
    Outages(Duration grace, ScheduledExecutorService scheduler, Runnable begins, Runnable ends) {
        this.graceMillis = grace.toMillis();
        this.scheduler = scheduler;
        this.begins = begins;
        this.ends = ends;
    }

    /** Whether Redis has been there for as long as a heartbeat lasts. */
    boolean isCalm() {
        return calm;
    }

    synchronized void changed(boolean isUp) {
        if (scheduler.isShutdown()) {
            return;
        }
        up = isUp;
        if (!up) {
            calm = false;
            if (grace != null) {
                grace.cancel(false);
            }
            begins.run();
            return;
        }
        isFirst = !wasUp;
        wasUp = true;
        grace = scheduler.schedule(this::over, graceMillis, TimeUnit.MILLISECONDS);
        if (isFirst) {
            ends.run();
        }
    }

    /**
     * Redis was started anew a moment ago. It may have lost what it held, and been back before anybody took it for away.
     *
     * @return whether that makes an outage; if it is away, there is one already
     */
    synchronized boolean restarted() {
        if (!up) {
            return false;
        }
        changed(false);
        changed(true);
        return true;
    }

    private synchronized void over() {
        if (!up) { // cancelled too late
            return;
        }
        calm = true;
        if (!isFirst) {
            ends.run();
        }
    }
}

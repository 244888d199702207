package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The timeout of one script call. A pause of this process is no outage of Redis: a timeout that runs late is extended by the
 * time that it is late, and a reply that is in the socket already is read before the call fails. A timeout that was reduced
 * by the queue delay of the calls is extended if Redis replies to other calls: it is slow then, not unavailable. Confined to
 * the event loop.
 */
final class CallTimeout {

    /** Scheduled tasks this late are due to a pause. */
    private static final long PAUSE_MILLIS = 20;

    /** At least one turn of the event loop, which reads the sockets between two turns. */
    private static final long LAST_TURN_MILLIS = 1;

    private final ScheduledExecutorService loop;
    private final Ticker ticker;
    private final Traffic traffic;
    private final long repliesBefore;
    private final Runnable onTimeout;
    private final long timeoutMillis;

    /** What is left of the full timeout, once. */
    private long extensionMillis;

    private ScheduledFuture<?> task;

    /** The timeout while Redis replies to other calls, and while it does not. */
    record Limits(long fullMillis, long reducedMillis) {}

    CallTimeout(ScheduledExecutorService loop, Ticker ticker, Limits timeout, Traffic traffic, Runnable onTimeout) {
        this.loop = loop;
        this.ticker = ticker;
        this.traffic = traffic;
        this.repliesBefore = traffic.replies();
        this.onTimeout = onTimeout;
        this.timeoutMillis = timeout.reducedMillis();
        this.extensionMillis = timeout.fullMillis() - timeout.reducedMillis();
        this.task = schedule(timeoutMillis);
    }

    private ScheduledFuture<?> schedule(long delayMillis) {
        long dueNanos = ticker.read() + TimeUnit.MILLISECONDS.toNanos(delayMillis);
        return loop.schedule(() -> onDue(dueNanos), delayMillis, TimeUnit.MILLISECONDS);
    }

    private void onDue(long dueNanos) {
        long lateMillis = TimeUnit.NANOSECONDS.toMillis(ticker.read() - dueNanos);
        if (lateMillis >= PAUSE_MILLIS) {
            task = schedule(Math.min(lateMillis, timeoutMillis));
        } else if (extensionMillis > 0 && traffic.replies() != repliesBefore) {
            task = schedule(extensionMillis);
            extensionMillis = 0;
        } else {
            task = loop.schedule(onTimeout, LAST_TURN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Redis replied, and something else was sent. */
    void restart() {
        cancel();
        task = schedule(timeoutMillis);
    }

    void cancel() {
        task.cancel(false);
    }
}

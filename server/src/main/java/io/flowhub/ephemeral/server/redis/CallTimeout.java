package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * The timeout of one script call. A pause of this process is no outage of Redis: a timeout that runs late is extended by the
 * time that it is late, and a reply that is in the socket already is read before the call fails. Confined to the event loop.
 */
final class CallTimeout {

    /** Scheduled tasks this late are due to a pause. */
    private static final long PAUSE_MILLIS = 20;

    /** At least one turn of the event loop, which reads the sockets between two turns. */
    private static final long LAST_TURN_MILLIS = 1;

    private final ScheduledExecutorService loop;
    private final Ticker ticker;
    private final long timeoutMillis;
    private final Runnable onTimeout;
    private ScheduledFuture<?> task;

    static CallTimeout start(ScheduledExecutorService loop, Ticker ticker, long timeoutMillis, Runnable onTimeout) {
        return new CallTimeout(loop, ticker, timeoutMillis, onTimeout);
    }

    private CallTimeout(ScheduledExecutorService loop, Ticker ticker, long timeoutMillis, Runnable onTimeout) {
        this.loop = loop;
        this.ticker = ticker;
        this.timeoutMillis = timeoutMillis;
        this.onTimeout = onTimeout;
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

package io.flowhub.ephemeral.server.concurrent;

import io.flowhub.ephemeral.server.event.LogEvent;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One daemon thread for background tasks. An exception of a task is logged and does not end a periodic task. After
 * shutdown, new tasks are discarded.
 */
public final class DaemonScheduler extends ScheduledThreadPoolExecutor {

    private static final Logger log = LoggerFactory.getLogger(DaemonScheduler.class);
    private static final LogEvent FAILED = LogEvent.error("task_failed", "Unexpected error in thread {thread}");

    private final String threadName;

    public DaemonScheduler(String threadName) {
        super(
                1,
                task -> {
                    Thread thread = new Thread(task, threadName);
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        this.threadName = threadName;
        setRemoveOnCancelPolicy(true);
    }

    /** Runs a task once after the delay. */
    public void runAfter(Duration delay, Runnable task) {
        var unused = schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Runs a task again and again, for the first time after the delay, with the delay between two runs. */
    public void runEvery(Duration delay, Runnable task) {
        var unused = scheduleWithFixedDelay(task, delay.toMillis(), delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** {@link #execute} and {@link #submit} call this too. */
    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return super.schedule(guarded(task), delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initialDelay, long delay, TimeUnit unit) {
        return super.scheduleWithFixedDelay(guarded(task), initialDelay, delay, unit);
    }

    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                FAILED.log(log, threadName, e);
            }
        };
    }
}

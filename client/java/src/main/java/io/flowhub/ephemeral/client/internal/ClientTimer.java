package io.flowhub.ephemeral.client.internal;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Runs a task after a delay. Tests replace it.
 *
 * <p>Not {@link java.util.concurrent.CompletableFuture#delayedExecutor}: tasks that run on its thread, which is one for
 * the whole JVM, delay every {@code orTimeout} of the application while they block.
 */
@FunctionalInterface
public interface ClientTimer {

    /**
     * Runs the task once after the delay.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the timer is closed
     */
    void schedule(Duration delay, Runnable task);

    static ClientTimer on(ScheduledExecutorService executor) {
        return (delay, task) -> {
            var unused = executor.schedule(() -> GuardedCallback.run(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        };
    }
}

package io.flowhub.ephemeral.client.internal.cache;

import io.flowhub.ephemeral.client.Loader;
import io.flowhub.ephemeral.client.internal.ClientThreads;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs the loads of one process, a bounded number at a time: while the cache is unavailable, its whole load reaches the
 * database. Threads start on demand and end when idle.
 */
final class LoadExecutor {

    private final Duration deadline;
    private final String limits;
    private final ThreadPoolExecutor threads;
    private final ScheduledThreadPoolExecutor timer;

    LoadExecutor(String name, int max, Duration deadline) {
        this.deadline = deadline;
        this.limits = "%d loads at a time, %d ms for each including the wait for a thread"
                .formatted(max, deadline.toMillis());
        this.threads = new ThreadPoolExecutor(
                max,
                max,
                ClientThreads.IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> ClientThreads.daemon(task, "ephemeral-" + name + "-load"));
        threads.allowCoreThreadTimeOut(true);
        this.timer = ClientThreads.timer("ephemeral-" + name + "-timer");
    }

    /** The future fails with {@code LoadException} only, and completes at the deadline at the latest. */
    CompletableFuture<Optional<String>> start(String id, Loader loader) {
        LoadTask load = new LoadTask(id, loader, Deadline.after(deadline.toNanos(), TimeUnit.NANOSECONDS), timer);
        try {
            Future<?> end = timer.schedule(() -> end(load), deadline.toNanos(), TimeUnit.NANOSECONDS);
            var unused = load.result().whenComplete((value, failure) -> end.cancel(false));
            threads.execute(load);
        } catch (RejectedExecutionException e) {
            load.reject();
        }
        return load.result();
    }

    private void end(LoadTask load) {
        load.endAtDeadline(limits);
        threads.remove(load); // Frees its place in the queue if it still waits.
    }

    /** Rejects new loads. Loads that run or wait continue, with their deadlines. */
    void shutdown() {
        threads.shutdown();
        timer.shutdown();
    }

    void awaitTermination(Deadline end) throws InterruptedException {
        threads.awaitTermination(end.timeRemaining(TimeUnit.NANOSECONDS), TimeUnit.NANOSECONDS);
    }

    /** Interrupts loads that run, and rejects those that wait. */
    void shutdownNow() {
        for (Runnable load : threads.shutdownNow()) {
            ((LoadTask) load).reject();
        }
    }
}

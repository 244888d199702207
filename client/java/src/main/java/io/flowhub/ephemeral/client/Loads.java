package io.flowhub.ephemeral.client;

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
 * Runs the loads of one process, only so many at a time: without the cache, all that it took off the database comes at
 * once. The threads are made when they are needed, and end when they are idle.
 */
final class Loads {

    private final Duration deadline;
    private final String limits;
    private final ThreadPoolExecutor threads;
    private final ScheduledThreadPoolExecutor timer;

    Loads(String name, int max, Duration deadline) {
        this.deadline = deadline;
        this.limits =
                "%d loads at a time, %d ms for each with its wait for a place".formatted(max, deadline.toMillis());
        this.threads = new ThreadPoolExecutor(
                max,
                max,
                DaemonThread.IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> DaemonThread.of(task, "ephemeral-" + name + "-load"));
        threads.allowCoreThreadTimeOut(true);
        this.timer = DaemonThread.timer("ephemeral-" + name + "-timer");
    }

    /** Fails with {@link LoadException} only, after the deadline at the latest. */
    CompletableFuture<Optional<String>> start(String id, Loader loader) {
        Load load = new Load(id, loader, Deadline.after(deadline.toNanos(), TimeUnit.NANOSECONDS), timer);
        try {
            Future<?> end = timer.schedule(() -> end(load), deadline.toNanos(), TimeUnit.NANOSECONDS);
            var unused = load.answer().whenComplete((value, failure) -> end.cancel(false));
            threads.execute(load);
        } catch (RejectedExecutionException e) {
            load.refuse();
        }
        return load.answer();
    }

    private void end(Load load) {
        load.endAtDeadline(limits);
        threads.remove(load); // If it still waits, it should not be held until its turn.
    }

    /** Takes no more loads. Those under way go on, and so do their deadlines. */
    void shutdown() {
        threads.shutdown();
        timer.shutdown();
    }

    void awaitTermination(Deadline end) throws InterruptedException {
        threads.awaitTermination(end.timeRemaining(TimeUnit.NANOSECONDS), TimeUnit.NANOSECONDS);
    }

    /** Interrupts what still runs, and refuses what still waits. */
    void shutdownNow() {
        for (Runnable load : threads.shutdownNow()) {
            ((Load) load).refuse();
        }
    }
}

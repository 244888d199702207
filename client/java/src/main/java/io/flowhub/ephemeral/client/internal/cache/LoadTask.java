package io.flowhub.ephemeral.client.internal.cache;

import io.flowhub.ephemeral.client.LoadException;
import io.flowhub.ephemeral.client.Loader;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Deadline;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;

/** One run of a loader. Its result is completed at the deadline at the latest, whatever the loader does. */
final class LoadTask implements Runnable {

    private final String id;
    private final Loader loader;
    private final Deadline deadline;
    private final ScheduledExecutorService timer;
    private final CompletableFuture<Optional<String>> result = new CompletableFuture<>();
    private volatile boolean isRunning;

    LoadTask(String id, Loader loader, Deadline deadline, ScheduledExecutorService timer) {
        this.id = id;
        this.loader = loader;
        this.deadline = deadline;
        this.timer = timer;
    }

    CompletableFuture<Optional<String>> result() {
        return result;
    }

    @Override
    public void run() {
        isRunning = true;
        if (result.isDone()) {
            return; // The deadline passed while it waited for a thread.
        }
        try {
            result.complete(inOwnContext());
        } catch (Throwable e) { // Callers wait for the result, so every failure has to reach them.
            result.completeExceptionally(new LoadException("The loader failed", e));
        }
    }

    private Optional<String> inOwnContext() throws Exception {
        CancellableContext context = Context.ROOT.withDeadline(deadline, timer);
        try {
            return context.call(
                    () -> Objects.requireNonNull(loader.load(id), "the loader returned null, not an Optional"));
        } finally {
            context.cancel(null);
        }
    }

    void endAtDeadline(String limits) {
        result.completeExceptionally(
                isRunning
                        ? new LoadException("The loader took too long", new TimeoutException(limits))
                        : new LoadException("Too many loads", new RejectedExecutionException(limits)));
    }

    void reject() {
        result.completeExceptionally(
                new LoadException("Not loaded", new RejectedExecutionException("the client is closed")));
    }
}

package io.flowhub.ephemeral.client;

import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Deadline;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;

/** One run of a loader: waits for a thread, runs, and has an end at its deadline whatever the loader does. */
final class Load implements Runnable {

    private final String id;
    private final Loader loader;
    private final Deadline deadline;
    private final ScheduledExecutorService timer;
    private final CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
    private volatile boolean isRunning;

    Load(String id, Loader loader, Deadline deadline, ScheduledExecutorService timer) {
        this.id = id;
        this.loader = loader;
        this.deadline = deadline;
        this.timer = timer;
    }

    CompletableFuture<Optional<String>> answer() {
        return answer;
    }

    @Override
    public void run() {
        isRunning = true;
        if (answer.isDone()) {
            return; // Its deadline came before its turn.
        }
        try {
            answer.complete(inOwnContext());
        } catch (Throwable e) { // Whatever it is, those who wait shall hear of it.
            answer.completeExceptionally(new LoadException("The loader failed", e));
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
        answer.completeExceptionally(
                isRunning
                        ? new LoadException("The loader took too long", new TimeoutException(limits))
                        : new LoadException("Too many loads", new RejectedExecutionException(limits)));
    }

    void refuse() {
        answer.completeExceptionally(
                new LoadException("Not loaded", new RejectedExecutionException("the client is closed")));
    }
}

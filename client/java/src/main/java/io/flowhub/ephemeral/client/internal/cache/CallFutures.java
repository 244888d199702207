package io.flowhub.ephemeral.client.internal.cache;

import io.flowhub.ephemeral.client.LoadException;
import io.grpc.Context;
import io.grpc.Context.CancellationListener;
import io.grpc.Contexts;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Blocks for a shared result, and throws what the generated blocking stubs throw. */
final class CallFutures {

    /** Waits for the result or for the end of the caller's {@link Context}. Other waiters are not affected. */
    static <T> T getInContext(CompletableFuture<T> shared) {
        CompletableFuture<T> own = shared.copy(); // Completed below without completing the shared one.
        Context caller = Context.current();
        CancellationListener onCancelled = ended ->
                own.completeExceptionally(Contexts.statusFromCancelled(ended).asRuntimeException());
        caller.addListener(onCancelled, Runnable::run);
        try {
            return own.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED
                    .withDescription("Thread interrupted")
                    .withCause(e)
                    .asRuntimeException();
        } catch (ExecutionException e) {
            throw copyForCaller(e.getCause());
        } finally {
            caller.removeListener(onCancelled);
        }
    }

    /** Several threads may wait for one failure: each gets an exception with its own stack trace. */
    private static RuntimeException copyForCaller(@Nullable Throwable shared) {
        if (shared instanceof LoadException load) {
            return new LoadException(load.getMessage(), load.getCause());
        }
        if (shared instanceof StatusRuntimeException status) {
            return status.getStatus().asRuntimeException(status.getTrailers());
        }
        return new IllegalStateException("Unexpected failure in the client", shared);
    }

    private CallFutures() {}
}

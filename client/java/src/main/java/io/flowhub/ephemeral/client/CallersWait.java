package io.flowhub.ephemeral.client;

import io.grpc.Context;
import io.grpc.Context.CancellationListener;
import io.grpc.Contexts;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Blocks a caller until a shared answer comes or the caller's own context ends, as the generated stubs do. */
final class CallersWait {

    static <T> T on(CompletableFuture<T> shared) {
        CompletableFuture<T> own = shared.copy(); // What ends this one leaves the others waiting.
        Context caller = Context.current();
        CancellationListener gone = ended ->
                own.completeExceptionally(Contexts.statusFromCancelled(ended).asRuntimeException());
        caller.addListener(gone, Runnable::run);
        try {
            return own.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Status.CANCELLED
                    .withDescription("Thread interrupted")
                    .withCause(e)
                    .asRuntimeException();
        } catch (ExecutionException e) {
            throw ofThisThread(e.getCause());
        } finally {
            caller.removeListener(gone);
        }
    }

    /** Several threads wait for one failure: each gets an exception with its own stack trace. */
    private static RuntimeException ofThisThread(@Nullable Throwable shared) {
        if (shared instanceof LoadException load) {
            return new LoadException(load.getMessage(), load.getCause());
        }
        if (shared instanceof StatusRuntimeException status) {
            return status.getStatus().asRuntimeException(status.getTrailers());
        }
        return new IllegalStateException("A defect of the client", shared);
    }

    private CallersWait() {}
}

package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.error.CancelledException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** An operation that is queued or in flight, and the future of its result. */
final class PendingCall<T> {

    private final Operation<T> operation;
    private final BooleanSupplier cancelled;
    private final CompletableFuture<T> future = new CompletableFuture<>();

    PendingCall(Operation<T> operation, BooleanSupplier cancelled) {
        this.operation = operation;
        this.cancelled = cancelled;
    }

    Operation<T> operation() {
        return operation;
    }

    CompletableFuture<T> future() {
        return future;
    }

    /** Fails the operation if its caller has cancelled it; returns whether it did. */
    boolean dropIfCancelled() {
        return cancelled.getAsBoolean() && future.completeExceptionally(new CancelledException());
    }

    void complete(Reply reply) {
        try {
            future.complete(operation.decoder().apply(reply));
        } catch (RuntimeException e) {
            fail(unexpectedReply(operation.script(), e));
        }
    }

    /** A reply of unexpected shape is a defect, not an outage. */
    static IllegalStateException unexpectedReply(Script script, Throwable cause) {
        return new IllegalStateException(script + ": unexpected reply", cause);
    }

    void fail(RuntimeException failure) {
        future.completeExceptionally(failure);
    }
}

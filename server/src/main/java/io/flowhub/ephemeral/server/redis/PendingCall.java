package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.error.CancelledException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** An operation that is queued or in flight, the future of its result, and the call that is to leave with it. */
final class PendingCall<T> {

    private final Operation<T> operation;
    private final BooleanSupplier cancelled;
    private final CompletableFuture<T> future = new CompletableFuture<>();

    private final @Nullable PendingCall<?> next;

    PendingCall(Operation<T> operation, BooleanSupplier cancelled) {
        this(operation, cancelled, null);
    }

    /** @param next a call of the same script and master that follows this one in its batch, unless it is full */
    PendingCall(Operation<T> operation, BooleanSupplier cancelled, @Nullable PendingCall<?> next) {
        this.operation = operation;
        this.cancelled = cancelled;
        this.next = next;
    }

    @Nullable
    PendingCall<?> next() {
        return next;
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

    /** Fails this call and those that follow it. */
    void failAll(RuntimeException failure) {
        for (PendingCall<?> call = this; call != null; call = call.next()) {
            call.fail(failure);
        }
    }
}

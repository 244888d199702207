package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.error.CancelledException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** An operation on its way: who waits for it, and the future that answers. */
final class PendingCall<T> {

    private final Operation<T> operation;
    private final BooleanSupplier callerGone;
    private final CompletableFuture<T> future = new CompletableFuture<>();

    PendingCall(Operation<T> operation, BooleanSupplier callerGone) {
        this.operation = operation;
        this.callerGone = callerGone;
    }

    Operation<T> operation() {
        return operation;
    }

    CompletableFuture<T> future() {
        return future;
    }

    /** Fails the operation if nobody waits for it any more, and says whether it did. */
    boolean dropIfCallerGone() {
        return callerGone.getAsBoolean() && future.completeExceptionally(new CancelledException());
    }

    void answer(Reply reply) {
        if (reply.isError()) {
            fail(RedisErrors.ofText(reply.text(0)));
            return;
        }
        try {
            future.complete(operation.decoder().apply(reply));
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    void fail(RuntimeException failure) {
        future.completeExceptionally(failure);
    }
}

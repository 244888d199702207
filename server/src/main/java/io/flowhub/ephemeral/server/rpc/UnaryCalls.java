package io.flowhub.ephemeral.server.rpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers unary calls: a handler is one expression, and what it throws or fails with becomes a status here. */
public final class UnaryCalls {

    /**
     * Answers with what the handler's future completes with, on the thread that completes it.
     *
     * @param handler gets a check that says whether the caller is gone: cancelled, or past its deadline
     * @param toResponse makes the response of the result
     */
    public static <T, R> void answer(
            StreamObserver<R> observer,
            Function<BooleanSupplier, CompletableFuture<T>> handler,
            Function<? super T, R> toResponse) {
        ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) observer;
        call.setOnCancelHandler(() -> {}); // Else an answer to a cancelled call would throw.
        try {
            CompletableFuture<T> result = handler.apply(callerGone(call));
            if (result.isDone() && !result.isCompletedExceptionally()) {
                respond(call, toResponse.apply(result.getNow(null)));
            } else {
                var unused = result.whenComplete((value, failure) -> complete(call, toResponse, value, failure));
            }
        } catch (RuntimeException e) {
            call.onError(StatusMapper.toStatus(e));
        }
    }

    private static <T, R> void complete(
            ServerCallStreamObserver<R> call,
            Function<? super T, R> toResponse,
            @Nullable T value,
            @Nullable Throwable failure) {
        if (value == null) {
            call.onError(StatusMapper.toStatus(failure == null ? new IllegalStateException("no answer") : failure));
            return;
        }
        try {
            respond(call, toResponse.apply(value));
        } catch (RuntimeException e) { // nobody above would tell the caller
            call.onError(StatusMapper.toStatus(e));
        }
    }

    private static <R> void respond(ServerCallStreamObserver<R> call, R response) {
        call.onNext(response);
        call.onCompleted();
    }

    private static BooleanSupplier callerGone(ServerCallStreamObserver<?> call) {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null ? call::isCancelled : () -> call.isCancelled() || deadline.isExpired();
    }

    private UnaryCalls() {}
}

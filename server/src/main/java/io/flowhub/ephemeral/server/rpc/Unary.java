package io.flowhub.ephemeral.server.rpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers unary calls: a handler is one expression, and what it throws or fails with becomes a status here. */
public final class Unary {

    /**
     * Answers with what the handler's stage completes with, on the thread that completes it.
     *
     * @param handler gets a check that says whether the caller is gone: cancelled, or past its deadline
     */
    public static <T> void answer(StreamObserver<T> observer, Function<BooleanSupplier, CompletionStage<T>> handler) {
        ServerCallStreamObserver<T> call = (ServerCallStreamObserver<T>) observer;
        call.setOnCancelHandler(() -> {}); // Else an answer to a cancelled call would throw.
        try {
            handler.apply(callerGone(call)).whenComplete((answer, failure) -> respond(call, answer, failure));
        } catch (RuntimeException e) {
            call.onError(Errors.toStatus(e));
        }
    }

    private static <T> void respond(ServerCallStreamObserver<T> call, @Nullable T answer, @Nullable Throwable failure) {
        if (answer != null) {
            call.onNext(answer);
            call.onCompleted();
        } else {
            call.onError(Errors.toStatus(failure == null ? new IllegalStateException("no answer") : failure));
        }
    }

    private static BooleanSupplier callerGone(ServerCallStreamObserver<?> call) {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null ? call::isCancelled : () -> call.isCancelled() || deadline.isExpired();
    }

    private Unary() {}
}

package io.flowhub.ephemeral.server.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Responds to unary calls. A handler is one expression; an exception that it throws or fails with becomes a status. */
public final class UnaryCalls {

    /**
     * Sends the result of the handler's future, on the thread that completes it.
     *
     * @param toResponse makes the response of the result
     */
    public static <T, R> void respond(
            StreamObserver<R> observer, Supplier<CompletableFuture<T>> handler, Function<? super T, R> toResponse) {
        ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) observer;
        call.setOnCancelHandler(() -> {}); // without one, onNext throws after a cancellation
        CurrentCall.LoggedCall logged = CurrentCall.get();
        try {
            CompletableFuture<T> result = handler.get();
            if (result.isDone() && !result.isCompletedExceptionally()) {
                send(call, toResponse.apply(result.getNow(null)));
            } else {
                var unused =
                        result.whenComplete((value, failure) -> complete(call, toResponse, value, failure, logged));
            }
        } catch (RuntimeException e) {
            call.onError(StatusMapper.toStatus(e, logged));
        }
    }

    private static <T, R> void complete(
            ServerCallStreamObserver<R> call,
            Function<? super T, R> toResponse,
            @Nullable T value,
            @Nullable Throwable failure,
            CurrentCall.LoggedCall logged) {
        if (value == null) {
            Throwable cause = failure == null ? new IllegalStateException("no result") : failure;
            call.onError(StatusMapper.toStatus(cause, logged));
            return;
        }
        try {
            send(call, toResponse.apply(value));
        } catch (RuntimeException e) { // the completing thread would drop it, and the call would never end
            call.onError(StatusMapper.toStatus(e, logged));
        }
    }

    private static <R> void send(ServerCallStreamObserver<R> call, R response) {
        call.onNext(response);
        call.onCompleted();
    }

    private UnaryCalls() {}
}

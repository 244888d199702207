package io.flowhub.ephemeral.client.internal;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** The response of a unary call as a {@link CompletableFuture}. Cancelling it does not cancel the call. */
public final class UnaryFuture<T> extends CompletableFuture<T> implements StreamObserver<T> {

    @Override
    public void onNext(T response) {
        complete(response);
    }

    @Override
    public void onError(Throwable failure) {
        completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
}

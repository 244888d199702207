package io.flowhub.ephemeral.client;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** The answer to a unary call, as the future that the JDK knows how to combine. */
final class Answer<T> extends CompletableFuture<T> implements StreamObserver<T> {

    @Override
    public void onNext(T message) {
        complete(message);
    }

    @Override
    public void onError(Throwable failure) {
        completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
}

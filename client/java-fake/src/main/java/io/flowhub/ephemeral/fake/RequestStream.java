package io.flowhub.ephemeral.fake;

import io.grpc.stub.StreamObserver;
import java.util.function.Consumer;

/** The requests of one stream. */
final class RequestStream<Q> implements StreamObserver<Q> {

    private final Consumer<Q> onRequest;
    private final Runnable onHalfClose;
    private final Runnable onEnd;

    RequestStream(Consumer<Q> onRequest, Runnable onHalfClose, Runnable onEnd) {
        this.onRequest = onRequest;
        this.onHalfClose = onHalfClose;
        this.onEnd = onEnd;
    }

    @Override
    public void onNext(Q request) {
        onRequest.accept(request);
    }

    /** The caller cancelled the stream, or is gone. */
    @Override
    public void onError(Throwable cause) {
        onEnd.run();
    }

    @Override
    public void onCompleted() {
        onHalfClose.run();
    }
}

package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import io.grpc.stub.StreamObserver;

/** Lets the test say who types. */
final class FakeTyping extends TypingServiceGrpc.TypingServiceImplBase {

    final ServerStreams<WatchTypingRequest, WatchTypingResponse> watches = new ServerStreams<>(change -> null);

    @Override
    public StreamObserver<WatchTypingRequest> watchTyping(StreamObserver<WatchTypingResponse> observer) {
        return watches.open(observer);
    }
}

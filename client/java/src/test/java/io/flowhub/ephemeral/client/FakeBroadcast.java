package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BroadcastSubscribed;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.stub.StreamObserver;

/** Confirms subscriptions, and lets the test say the rest. */
final class FakeBroadcast extends BroadcastServiceGrpc.BroadcastServiceImplBase {

    final ServerStreams<SubscribeRequest, SubscribeResponse> subscriptions =
            new ServerStreams<>(change -> SubscribeResponse.newBuilder()
                    .setSubscribed(BroadcastSubscribed.newBuilder().addAllRoomIds(change.getAddRoomIdsList()))
                    .build());

    @Override
    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
        return subscriptions.open(observer);
    }
}

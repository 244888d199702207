package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastResynced;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.BroadcastStale;
import io.flowhub.ephemeral.v1.BroadcastSubscribed;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The messages of rooms. */
final class InMemoryBroadcast extends BroadcastServiceGrpc.BroadcastServiceImplBase {

    private static final int MAX_PAYLOAD_BYTES = 65_536;

    private final FakeState state;
    private final WatchStreams<SubscribeResponse> subscriptions = new WatchStreams<>();
    private final Map<StreamObserver<SubscribeResponse>, String> excludedSenders = new ConcurrentHashMap<>();

    InMemoryBroadcast(FakeState state) {
        this.state = state;
    }

    @Override
    public void publish(PublishRequest request, StreamObserver<PublishResponse> observer) {
        state.answer(request, observer, () -> {
            if (request.getPayload().size() > MAX_PAYLOAD_BYTES) {
                throw FakeErrors.invalid("payload", "0 to " + MAX_PAYLOAD_BYTES + " bytes", "");
            }
            SubscribeResponse message = SubscribeResponse.newBuilder()
                    .setMessage(BroadcastMessage.newBuilder()
                            .setRoomId(request.getRoomId())
                            .setSenderId(request.getSenderId())
                            .setPayload(request.getPayload())
                            .setMessageId(UUID.randomUUID().toString()))
                    .build();
            subscriptions.send(
                    request.getRoomId(),
                    message,
                    stream -> !request.getSenderId().equals(excludedSenders.get(stream)));
            return PublishResponse.newBuilder().setServers(1).build();
        });
    }

    @Override
    public StreamObserver<SubscribeRequest> subscribe(StreamObserver<SubscribeResponse> observer) {
        subscriptions.open(observer);
        return new RequestStream<>(
                request -> state.receive(request, observer, () -> {
                    excludedSenders.putIfAbsent(observer, request.getExcludeSenderId());
                    subscriptions.remove(observer, request.getRemoveRoomIdsList());
                    subscriptions.add(observer, request.getAddRoomIdsList());
                    if (request.getAddRoomIdsCount() > 0) {
                        observer.onNext(SubscribeResponse.newBuilder()
                                .setSubscribed(
                                        BroadcastSubscribed.newBuilder().addAllRoomIds(request.getAddRoomIdsList()))
                                .build());
                    }
                }),
                () -> {},
                () -> {
                    subscriptions.close(observer);
                    excludedSenders.remove(observer);
                });
    }

    void announceAvailability(boolean isUnavailable) {
        subscriptions.sendToAll(
                isUnavailable
                        ? SubscribeResponse.newBuilder()
                                .setStale(BroadcastStale.getDefaultInstance())
                                .build()
                        : SubscribeResponse.newBuilder()
                                .setResynced(BroadcastResynced.getDefaultInstance())
                                .build());
    }
}

package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.StreamCalls;
import io.flowhub.ephemeral.server.rpc.UnaryCalls;
import io.flowhub.ephemeral.v1.ListTypingRequest;
import io.flowhub.ephemeral.v1.ListTypingResponse;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.SetTypingResponse;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The RPCs of typing: checks requests and builds responses. */
final class TypingService extends TypingServiceGrpc.TypingServiceImplBase {

    private final TypingStore store;
    private final TypingHub hub;
    private final StreamCalls streamCalls;
    private final TypingMetrics metrics;
    private final SetTypingResponse typing;
    private final SetTypingResponse notTyping;

    TypingService(TypingStore store, TypingHub hub, StreamCalls streamCalls, TypingMetrics metrics) {
        this.store = store;
        this.hub = hub;
        this.streamCalls = streamCalls;
        this.metrics = metrics;
        this.typing = response(TypingStore.TTL);
        this.notTyping = response(Duration.ZERO);
    }

    @Override
    public void setTyping(SetTypingRequest request, StreamObserver<SetTypingResponse> observer) {
        UnaryCalls.respond(observer, () -> set(request), this::response);
    }

    private SetTypingResponse response(TypingUpdate update) {
        metrics.onUpdate(update);
        return update.isTyping() ? typing : notTyping;
    }

    private static SetTypingResponse response(Duration expiresIn) {
        return SetTypingResponse.newBuilder()
                .setExpiresIn(ProtoTime.duration(expiresIn.toMillis()))
                .build();
    }

    private CompletableFuture<TypingUpdate> set(SetTypingRequest request) {
        String roomId = IdValidator.check("room_id", request.getRoomId());
        String userId = IdValidator.check("user_id", request.getUserId());
        return request.getTyping() ? store.start(roomId, userId) : store.stop(roomId, userId);
    }

    @Override
    public void listTyping(ListTypingRequest request, StreamObserver<ListTypingResponse> observer) {
        UnaryCalls.respond(
                observer,
                () -> store.list(IdValidator.check("room_id", request.getRoomId())),
                room -> ListTypingResponse.newBuilder()
                        .addAllUserIds(room.userIds())
                        .build());
    }

    @Override
    public StreamObserver<WatchTypingRequest> watchTyping(StreamObserver<WatchTypingResponse> observer) {
        return streamCalls.open(observer, hub::open);
    }
}

package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.rpc.Ids;
import io.flowhub.ephemeral.server.rpc.Streams;
import io.flowhub.ephemeral.server.rpc.Times;
import io.flowhub.ephemeral.server.rpc.Unary;
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
import java.util.function.BooleanSupplier;

/** The contract of typing: checks what comes in, writes what goes out. */
public final class TypingService extends TypingServiceGrpc.TypingServiceImplBase {

    private final Typing typing;
    private final Streams streams;

    public TypingService(Typing typing, Streams streams) {
        this.typing = typing;
        this.streams = streams;
    }

    @Override
    public void setTyping(SetTypingRequest request, StreamObserver<SetTypingResponse> observer) {
        Unary.answer(
                observer,
                callerGone -> set(request, callerGone),
                expiresIn -> SetTypingResponse.newBuilder()
                        .setExpiresIn(Times.duration(expiresIn.toMillis()))
                        .build());
    }

    private CompletableFuture<Duration> set(SetTypingRequest request, BooleanSupplier callerGone) {
        String roomId = Ids.check("room_id", request.getRoomId());
        String userId = Ids.check("user_id", request.getUserId());
        return request.getTyping() ? typing.start(roomId, userId, callerGone) : typing.stop(roomId, userId, callerGone);
    }

    @Override
    public void listTyping(ListTypingRequest request, StreamObserver<ListTypingResponse> observer) {
        Unary.answer(
                observer,
                callerGone -> typing.list(Ids.check("room_id", request.getRoomId()), callerGone),
                list -> ListTypingResponse.newBuilder()
                        .addAllUserIds(list.userIds())
                        .build());
    }

    @Override
    public StreamObserver<WatchTypingRequest> watchTyping(StreamObserver<WatchTypingResponse> observer) {
        return streams.open(observer, typing::watch);
    }
}

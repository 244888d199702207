package io.flowhub.ephemeral.fake;

import io.flowhub.ephemeral.v1.ListTypingRequest;
import io.flowhub.ephemeral.v1.ListTypingResponse;
import io.flowhub.ephemeral.v1.SetTypingRequest;
import io.flowhub.ephemeral.v1.SetTypingResponse;
import io.flowhub.ephemeral.v1.TypingList;
import io.flowhub.ephemeral.v1.TypingResynced;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.TypingStale;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;

/** Typing indicators, with watches. */
final class InMemoryTyping extends TypingServiceGrpc.TypingServiceImplBase {

    private static final Duration TTL = Duration.ofSeconds(3);

    private final FakeState state;
    private final ExpiringMap<Indicator, Boolean> indicators;
    private final WatchStreams<WatchTypingResponse> watches = new WatchStreams<>();

    InMemoryTyping(FakeState state) {
        this.state = state;
        this.indicators = new ExpiringMap<>(state.clock);
    }

    @Override
    public void setTyping(SetTypingRequest request, StreamObserver<SetTypingResponse> observer) {
        state.answer(request, observer, () -> {
            expire();
            Indicator indicator = new Indicator(request.getRoomId(), request.getUserId());
            boolean wasTyping = indicators.get(indicator).isPresent();
            if (request.getTyping()) {
                indicators.put(indicator, true, TTL);
            } else {
                indicators.remove(indicator);
            }
            if (wasTyping != request.getTyping()) {
                watches.send(request.getRoomId(), list(request.getRoomId()));
            }
            return SetTypingResponse.newBuilder()
                    .setExpiresIn(TestClock.duration(request.getTyping() ? TTL : Duration.ZERO))
                    .build();
        });
    }

    @Override
    public void listTyping(ListTypingRequest request, StreamObserver<ListTypingResponse> observer) {
        state.answer(
                request,
                observer,
                () -> ListTypingResponse.newBuilder()
                        .addAllUserIds(users(request.getRoomId()))
                        .build());
    }

    @Override
    public StreamObserver<WatchTypingRequest> watchTyping(StreamObserver<WatchTypingResponse> observer) {
        watches.open(observer);
        return new RequestStream<>(
                request -> state.receive(request, observer, () -> {
                    expire();
                    watches.remove(observer, request.getRemoveRoomIdsList());
                    watches.add(observer, request.getAddRoomIdsList());
                    request.getAddRoomIdsList().forEach(room -> observer.onNext(list(room)));
                }),
                () -> {},
                () -> watches.close(observer));
    }

    void expire() {
        indicators.removeExpired().stream()
                .map(Indicator::room)
                .distinct()
                .forEach(room -> watches.send(room, list(room)));
    }

    void announceAvailability(boolean isUnavailable) {
        watches.sendToAll(
                isUnavailable
                        ? WatchTypingResponse.newBuilder()
                                .setStale(TypingStale.getDefaultInstance())
                                .build()
                        : WatchTypingResponse.newBuilder()
                                .setResynced(TypingResynced.getDefaultInstance())
                                .build());
    }

    private WatchTypingResponse list(String room) {
        return WatchTypingResponse.newBuilder()
                .setTyping(TypingList.newBuilder().setRoomId(room).addAllUserIds(users(room)))
                .build();
    }

    private List<String> users(String room) {
        return indicators.keys().stream()
                .filter(indicator -> indicator.room.equals(room))
                .map(Indicator::user)
                .sorted()
                .toList();
    }

    private record Indicator(String room, String user) {}
}

package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.TypingList;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;

/** Which users type in rooms, as one server reports it. */
final class TypingStateWatch extends StateWatch<WatchTypingRequest, WatchTypingResponse, List<String>> {

    private final List<String> rooms;

    TypingStateWatch(ManagedChannel server, ScheduledExecutorService scheduler, Findings findings, List<String> rooms) {
        super(server, TypingServiceGrpc.getWatchTypingMethod(), scheduler, findings);
        this.rooms = rooms;
    }

    @Override
    WatchTypingRequest firstRequest() {
        return WatchTypingRequest.newBuilder().addAllAddRoomIds(rooms).build();
    }

    @Override
    void received(WatchTypingResponse event) {
        switch (event.getEventCase()) {
            case TYPING -> {
                TypingList list = event.getTyping();
                put(list.getRoomId(), List.copyOf(list.getUserIdsList()));
            }
            case STALE -> becomesStale();
            case RESYNCED -> isResynced();
            default -> {}
        }
    }
}

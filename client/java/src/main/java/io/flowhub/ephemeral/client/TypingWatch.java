package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Watches who types in some rooms, over any loss of the connection. After one, all rooms are asked for again and the lists
 * that have changed are told. Thread-safe.
 */
public final class TypingWatch extends Watch<WatchTypingRequest, WatchTypingResponse, Set<String>> {

    private final TypingListener listener;

    static TypingWatch start(Streams streams, TypingListener listener) {
        TypingWatch watch = new TypingWatch(streams, listener);
        watch.start();
        return watch;
    }

    private TypingWatch(Streams streams, TypingListener listener) {
        super(streams, TypingServiceGrpc.getWatchTypingMethod(), listener);
        this.listener = listener;
    }

    @Override
    WatchTypingRequest request(List<String> added, List<String> removed) {
        return WatchTypingRequest.newBuilder()
                .addAllAddRoomIds(added)
                .addAllRemoveRoomIds(removed)
                .build();
    }

    @Override
    void heard(WatchTypingResponse message) {
        switch (message.getEventCase()) {
            case TYPING ->
                tell(message.getTyping().getRoomId(), message.getTyping().getUserIdsList());
            case STALE -> redisAway();
            case RESYNCED -> redisBack();
            default -> {} // A server newer than this client.
        }
    }

    private void tell(String roomId, List<String> users) {
        Set<String> userIds = Collections.unmodifiableSet(new LinkedHashSet<>(users));
        if (isNews(roomId, userIds)) {
            tell(() -> listener.typing(roomId, userIds));
        }
    }
}

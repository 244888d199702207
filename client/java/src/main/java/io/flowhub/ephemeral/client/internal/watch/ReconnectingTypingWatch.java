package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.TypingListener;
import io.flowhub.ephemeral.client.TypingWatch;
import io.flowhub.ephemeral.client.internal.stream.StreamRegistry;
import io.flowhub.ephemeral.v1.TypingList;
import io.flowhub.ephemeral.v1.TypingServiceGrpc;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Delivers the users typing in each watched room. */
public final class ReconnectingTypingWatch extends WatchSupport<WatchTypingRequest, WatchTypingResponse, Set<String>>
        implements TypingWatch {

    private final TypingListener listener;

    /**
     * Opens the stream.
     *
     * @throws IllegalStateException if the client is closed
     */
    public static TypingWatch start(StreamRegistry streams, TypingListener listener) {
        ReconnectingTypingWatch watch = new ReconnectingTypingWatch(streams, listener);
        watch.start();
        return watch;
    }

    private ReconnectingTypingWatch(StreamRegistry streams, TypingListener listener) {
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
    void onEvent(WatchStream<?, ?> from, WatchTypingResponse response) {
        switch (response.getEventCase()) {
            case TYPING -> onTyping(from, response.getTyping());
            case STALE -> onRedisUnavailable(from);
            case RESYNCED -> onRedisAvailable(from);
            case DRAINING -> onDraining(from, response.getDraining().getTimeLeft());
            default -> {} // An event of a newer server.
        }
    }

    private void onTyping(WatchStream<?, ?> from, TypingList typing) {
        String roomId = typing.getRoomId();
        Set<String> userIds = Collections.unmodifiableSet(new LinkedHashSet<>(typing.getUserIdsList()));
        if (changed(from, roomId, userIds, NO_VERSION)) {
            deliver(() -> listener.typing(roomId, userIds));
        }
    }
}

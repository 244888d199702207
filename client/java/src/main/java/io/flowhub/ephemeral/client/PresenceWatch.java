package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import java.util.List;

/**
 * Watches who of some users comes and goes, over any loss of the connection. After one, all users are asked for again and
 * what has changed is told. Thread-safe.
 */
public final class PresenceWatch extends Watch<WatchPresenceRequest, WatchPresenceResponse, Boolean> {

    private final PresenceListener listener;

    static PresenceWatch start(Streams streams, PresenceListener listener) {
        PresenceWatch watch = new PresenceWatch(streams, listener);
        watch.start();
        return watch;
    }

    private PresenceWatch(Streams streams, PresenceListener listener) {
        super(streams, PresenceServiceGrpc.getWatchPresenceMethod(), listener);
        this.listener = listener;
    }

    @Override
    WatchPresenceRequest request(List<String> added, List<String> removed) {
        return WatchPresenceRequest.newBuilder()
                .addAllAddUserIds(added)
                .addAllRemoveUserIds(removed)
                .build();
    }

    @Override
    void heard(WatchPresenceResponse message) {
        switch (message.getEventCase()) {
            case SNAPSHOT -> message.getSnapshot().getUsersList().forEach(this::tell);
            case ONLINE -> message.getOnline().getUsersList().forEach(this::tell);
            case OFFLINE -> message.getOffline().getUsersList().forEach(this::tell);
            case STALE -> redisAway();
            case RESYNCED -> redisBack();
            default -> {} // A server newer than this client.
        }
    }

    private void tell(PresenceState user) {
        String userId = user.getUserId();
        if (isNews(userId, user.getOnline())) {
            tell(user.getOnline() ? () -> listener.online(userId) : () -> listener.offline(userId));
        }
    }
}

package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.PresenceListener;
import io.flowhub.ephemeral.client.PresenceWatch;
import io.flowhub.ephemeral.client.internal.stream.StreamRegistry;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import java.util.List;

/** Delivers whether each watched user is online. */
public final class ReconnectingPresenceWatch extends WatchSupport<WatchPresenceRequest, WatchPresenceResponse, Boolean>
        implements PresenceWatch {

    private final PresenceListener listener;

    /**
     * Opens the stream.
     *
     * @throws IllegalStateException if the client is closed
     */
    public static PresenceWatch start(StreamRegistry streams, PresenceListener listener) {
        ReconnectingPresenceWatch watch = new ReconnectingPresenceWatch(streams, listener);
        watch.start();
        return watch;
    }

    private ReconnectingPresenceWatch(StreamRegistry streams, PresenceListener listener) {
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
    void onEvent(WatchStream<?, ?> from, WatchPresenceResponse response) {
        switch (response.getEventCase()) {
            case SNAPSHOT -> onStates(from, response.getSnapshot().getUsersList());
            case ONLINE -> onStates(from, response.getOnline().getUsersList());
            case OFFLINE -> onStates(from, response.getOffline().getUsersList());
            case STALE -> onRedisUnavailable(from);
            case RESYNCED -> onRedisAvailable(from);
            case DRAINING -> onDraining(from, response.getDraining().getTimeLeft());
            default -> {} // An event of a newer server.
        }
    }

    private void onStates(WatchStream<?, ?> from, List<PresenceState> states) {
        for (PresenceState state : states) {
            String userId = state.getUserId();
            if (changed(from, userId, state.getOnline(), state.getVersion())) {
                deliver(state.getOnline() ? () -> listener.online(userId) : () -> listener.offline(userId));
            }
        }
    }
}

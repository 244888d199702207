package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fanout.ConflatingOutbox;
import io.flowhub.ephemeral.server.fanout.FanoutStream;
import io.flowhub.ephemeral.server.fanout.Hub;
import io.flowhub.ephemeral.server.fanout.ReadStep;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.v1.PresenceDraining;
import io.flowhub.ephemeral.v1.PresenceOffline;
import io.flowhub.ephemeral.v1.PresenceOnline;
import io.flowhub.ephemeral.v1.PresenceResynced;
import io.flowhub.ephemeral.v1.PresenceSnapshot;
import io.flowhub.ephemeral.v1.PresenceStale;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import java.time.Duration;
import java.util.List;

/** One WatchPresence call: its requests and events. */
final class PresenceStream extends FanoutStream<WatchedUser, ReadStep, WatchPresenceRequest, WatchPresenceResponse> {

    private static final int MAX_USERS_PER_EVENT = 1_000;

    PresenceStream(Hub<WatchedUser, ReadStep> hub, Outbound outbound) {
        super(hub, outbound, new ConflatingOutbox<>(new Events(), MAX_USERS_PER_EVENT));
    }

    @Override
    protected List<String> added(WatchPresenceRequest request) {
        return request.getAddUserIdsList();
    }

    @Override
    protected List<String> removed(WatchPresenceRequest request) {
        return request.getRemoveUserIdsList();
    }

    @Override
    public WatchPresenceResponse drainingEvent(Duration timeLeft) {
        return WatchPresenceResponse.newBuilder()
                .setDraining(PresenceDraining.newBuilder().setTimeLeft(ProtoTime.duration(timeLeft.toMillis())))
                .build();
    }

    private static final class Events
            implements ConflatingOutbox.Events<WatchedUser, PresenceState, WatchPresenceResponse> {

        @Override
        public PresenceState state(WatchedUser user) {
            return user.toProto();
        }

        @Override
        public boolean isOn(PresenceState state) {
            return state.getOnline();
        }

        @Override
        public boolean isUndone(PresenceState state, boolean sentOn) {
            return state.getOnline() == sentOn;
        }

        @Override
        public WatchPresenceResponse stale() {
            return WatchPresenceResponse.newBuilder()
                    .setStale(PresenceStale.getDefaultInstance())
                    .build();
        }

        @Override
        public WatchPresenceResponse resynced() {
            return WatchPresenceResponse.newBuilder()
                    .setResynced(PresenceResynced.getDefaultInstance())
                    .build();
        }

        @Override
        public WatchPresenceResponse snapshot(List<PresenceState> states) {
            return WatchPresenceResponse.newBuilder()
                    .setSnapshot(PresenceSnapshot.newBuilder().addAllUsers(states))
                    .build();
        }

        @Override
        public WatchPresenceResponse change(List<PresenceState> states) {
            WatchPresenceResponse.Builder event = WatchPresenceResponse.newBuilder();
            return states.get(0).getOnline()
                    ? event.setOnline(PresenceOnline.newBuilder().addAllUsers(states))
                            .build()
                    : event.setOffline(PresenceOffline.newBuilder().addAllUsers(states))
                            .build();
        }
    }
}

package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.grpc.ManagedChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;

/** Whether users are online, as one server reports it. */
final class PresenceStateWatch extends StateWatch<WatchPresenceRequest, WatchPresenceResponse, Boolean> {

    private final List<String> users;
    private final Losses losses;
    private final Map<String, Seen> newest = new HashMap<>();

    private record Seen(long version, boolean online, long at) {}

    PresenceStateWatch(
            ManagedChannel server,
            ScheduledExecutorService scheduler,
            Findings findings,
            Losses losses,
            List<String> users) {
        super(server, PresenceServiceGrpc.getWatchPresenceMethod(), scheduler, findings);
        this.users = users;
        this.losses = losses;
    }

    @Override
    WatchPresenceRequest firstRequest() {
        return WatchPresenceRequest.newBuilder().addAllAddUserIds(users).build();
    }

    @Override
    void opened() {
        super.opened();
        newest.clear();
    }

    @Override
    void received(WatchPresenceResponse event) {
        switch (event.getEventCase()) {
            case SNAPSHOT -> event.getSnapshot().getUsersList().forEach(this::update);
            case ONLINE -> event.getOnline().getUsersList().forEach(state -> change(state, true));
            case OFFLINE -> event.getOffline().getUsersList().forEach(state -> change(state, false));
            case STALE -> {
                becomesStale();
                newest.clear(); // versions of another Redis may be smaller
            }
            case RESYNCED -> isResynced();
            default -> {}
        }
    }

    private void change(PresenceState state, boolean online) {
        if (state.getOnline() != online) {
            violated("the event contradicts the state in it: " + state);
        }
        update(state);
    }

    private void update(PresenceState state) {
        long now = System.nanoTime();
        Seen seen = newest.put(state.getUserId(), new Seen(state.getVersion(), state.getOnline(), now));
        boolean clockMayDiffer = seen != null && losses.firstAfter(seen.at) <= now;
        if (seen != null && !clockMayDiffer) {
            boolean contradicts = state.getVersion() == seen.version && state.getOnline() != seen.online;
            if (state.getVersion() < seen.version || contradicts) {
                violated("an older state after %s: %s".formatted(seen, state));
            }
        }
        put(state.getUserId(), state.getOnline());
    }
}

package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One WatchPresence call. The {@link PresenceHub} applies states and markers to it, on any thread. */
final class PresenceStream implements StreamHandler<WatchPresenceRequest, WatchPresenceResponse> {

    private static final int MAX_USERS_PER_MESSAGE = 1_000;
    private static final int MAX_USERS = 20_000;

    private static final WatchPresenceResponse STALE = WatchPresenceResponse.newBuilder()
            .setStale(PresenceStale.getDefaultInstance())
            .build();
    private static final WatchPresenceResponse RESYNCED = WatchPresenceResponse.newBuilder()
            .setResynced(PresenceResynced.getDefaultInstance())
            .build();

    private final PresenceHub hub;
    private final Outbound outbound;
    private final WatchedUsers users = new WatchedUsers();

    /** STALE or RESYNCED if it is not sent yet. */
    private @Nullable WatchPresenceResponse marker;

    private boolean registered;
    private boolean closed;

    PresenceStream(PresenceHub hub, Outbound outbound) {
        this.hub = hub;
        this.outbound = outbound;
    }

    @Override
    public void onMessage(WatchPresenceRequest request) {
        Set<String> added =
                IdValidator.checkList("add_user_ids", request.getAddUserIdsList(), MAX_USERS_PER_MESSAGE, "users");
        Set<String> removed = IdValidator.checkList(
                "remove_user_ids", request.getRemoveUserIdsList(), MAX_USERS_PER_MESSAGE, "users");
        register();
        removed.forEach(this::remove);
        if (added.isEmpty()) {
            outbound.requestNext();
            return;
        }
        added.forEach(this::add);
        Futures.ignore(
                hub.readSnapshot(this, List.copyOf(added)).whenComplete((read, failure) -> outbound.requestNext()));
    }

    private void register() {
        if (!registered) {
            registered = true;
            hub.register(this);
        }
    }

    private synchronized void remove(String userId) {
        hub.unwatch(this, userId);
        users.remove(userId);
    }

    private synchronized void add(String userId) {
        if (closed) {
            return;
        }
        if (users.size() == MAX_USERS && !users.contains(userId)) {
            throw new InvalidFieldException(
                    "add_user_ids", (MAX_USERS + 1) + " users", "up to " + MAX_USERS + " users a stream");
        }
        users.add(userId);
        hub.watch(this, userId);
    }

    /** Applies the states that were read of added users. */
    void applySnapshot(List<UserState> states) {
        synchronized (this) {
            states.forEach(users::applySnapshot);
        }
        outbound.signal();
    }

    /** Applies a state of a user that was announced or read. It may be older than the latest one. */
    void apply(UserState state) {
        boolean isTransition;
        synchronized (this) {
            isTransition = users.apply(state);
        }
        if (isTransition) {
            outbound.signal();
        }
    }

    void markStale() {
        mark(STALE);
    }

    void markResynced() {
        mark(RESYNCED);
    }

    /** Replaces a marker that is not sent yet: only the latest one matters. */
    private void mark(WatchPresenceResponse latest) {
        synchronized (this) {
            marker = latest;
        }
        outbound.signal();
    }

    /** STALE comes before all states that are not sent yet, RESYNCED after them. */
    @Override
    public synchronized @Nullable WatchPresenceResponse poll() {
        if (marker != null && marker.hasStale()) {
            return takeMarker();
        }
        List<UserState> snapshots = users.pollSnapshots(MAX_USERS_PER_MESSAGE);
        if (!snapshots.isEmpty()) {
            return WatchPresenceResponse.newBuilder()
                    .setSnapshot(PresenceSnapshot.newBuilder().addAllUsers(toProto(snapshots)))
                    .build();
        }
        List<UserState> online = users.pollTransitions(MAX_USERS_PER_MESSAGE, true);
        if (!online.isEmpty()) {
            return WatchPresenceResponse.newBuilder()
                    .setOnline(PresenceOnline.newBuilder().addAllUsers(toProto(online)))
                    .build();
        }
        List<UserState> offline = users.pollTransitions(MAX_USERS_PER_MESSAGE, false);
        if (!offline.isEmpty()) {
            return WatchPresenceResponse.newBuilder()
                    .setOffline(PresenceOffline.newBuilder().addAllUsers(toProto(offline)))
                    .build();
        }
        return takeMarker();
    }

    private @Nullable WatchPresenceResponse takeMarker() {
        WatchPresenceResponse taken = marker;
        marker = null;
        return taken;
    }

    private static List<PresenceState> toProto(List<UserState> states) {
        return states.stream()
                .map(state -> PresenceState.newBuilder()
                        .setUserId(state.userId())
                        .setOnline(state.online())
                        .setVersion(state.version())
                        .build())
                .toList();
    }

    @Override
    public WatchPresenceResponse drainingEvent(Duration timeLeft) {
        return WatchPresenceResponse.newBuilder()
                .setDraining(PresenceDraining.newBuilder().setTimeLeft(ProtoTime.duration(timeLeft.toMillis())))
                .build();
    }

    @Override
    public synchronized void onClosed() {
        closed = true;
        hub.unregister(this, users.ids());
    }
}

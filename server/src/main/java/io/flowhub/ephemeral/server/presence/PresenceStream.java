package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.PresenceOffline;
import io.flowhub.ephemeral.v1.PresenceOnline;
import io.flowhub.ephemeral.v1.PresenceResynced;
import io.flowhub.ephemeral.v1.PresenceSnapshot;
import io.flowhub.ephemeral.v1.PresenceStale;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One stream that watches users. It keeps the latest state of each and what of it is still to be told, so a slow reader costs
 * no more than the users he watches.
 */
final class PresenceStream implements StreamHandler<WatchPresenceRequest, WatchPresenceResponse> {

    private static final int MAX_USERS_A_MESSAGE = 1_000;
    private static final int MAX_USERS = 20_000;

    private static final WatchPresenceResponse STALE = WatchPresenceResponse.newBuilder()
            .setStale(PresenceStale.getDefaultInstance())
            .build();
    private static final WatchPresenceResponse RESYNCED = WatchPresenceResponse.newBuilder()
            .setResynced(PresenceResynced.getDefaultInstance())
            .build();

    private final PresenceHub watchers;
    private final Outbound outbound;

    private final Map<String, Known> users = new HashMap<>();
    private final Set<String> snapshots = new LinkedHashSet<>();
    private final Set<String> steps = new LinkedHashSet<>();
    private @Nullable WatchPresenceResponse marker;
    private boolean opened;
    private boolean closed;

    /** What is known of a user, and what of it was told. */
    private static final class Known {
        private boolean online;
        private long version;
        private boolean toldOnline;
        private boolean told;
    }

    PresenceStream(PresenceHub watchers, Outbound outbound) {
        this.watchers = watchers;
        this.outbound = outbound;
    }

    @Override
    public void onMessage(WatchPresenceRequest request) {
        Set<String> added =
                IdValidator.checkList("add_user_ids", request.getAddUserIdsList(), MAX_USERS_A_MESSAGE, "users");
        Set<String> removed =
                IdValidator.checkList("remove_user_ids", request.getRemoveUserIdsList(), MAX_USERS_A_MESSAGE, "users");
        open();
        removed.forEach(this::remove);
        if (added.isEmpty()) {
            outbound.requestNext();
            return;
        }
        added.forEach(this::add);
        Futures.ignore(
                watchers.snapshot(this, List.copyOf(added)).whenComplete((read, failure) -> outbound.requestNext()));
    }

    private void open() {
        if (!opened) {
            opened = true;
            watchers.opened(this);
        }
    }

    private synchronized void add(String userId) {
        if (closed) {
            return;
        }
        if (users.size() == MAX_USERS && !users.containsKey(userId)) {
            throw new InvalidFieldException(
                    "add_user_ids", (MAX_USERS + 1) + " users", "up to " + MAX_USERS + " users a stream");
        }
        users.computeIfAbsent(userId, id -> new Known()).told = false;
        steps.remove(userId);
        watchers.add(this, userId);
    }

    private synchronized void remove(String userId) {
        watchers.remove(this, userId);
        users.remove(userId);
        snapshots.remove(userId);
        steps.remove(userId);
    }

    /** What was read of users who were added. */
    void snapshot(List<UserState> states) {
        synchronized (this) {
            for (UserState state : states) {
                Known known = users.get(state.userId());
                if (known != null) {
                    update(known, state);
                    snapshots.add(state.userId());
                }
            }
        }
        outbound.signal();
    }

    /** A step of a user, or what was read of him. It may be older than what is known. */
    void learn(UserState state) {
        synchronized (this) {
            Known known = users.get(state.userId());
            if (known == null || !update(known, state) || !known.told) {
                return;
            }
            if (known.online == known.toldOnline) {
                steps.remove(state.userId());
                return;
            }
            steps.add(state.userId());
        }
        outbound.signal();
    }

    private static boolean update(Known known, UserState state) {
        if (state.version() <= known.version) {
            return false;
        }
        known.version = state.version();
        known.online = state.online();
        return true;
    }

    void tellStale() {
        mark(STALE);
    }

    void tellResynced() {
        mark(RESYNCED);
    }

    /** Only the latest counts of what the reader has not been told yet. */
    private void mark(WatchPresenceResponse latest) {
        synchronized (this) {
            marker = latest;
        }
        outbound.signal();
    }

    /** A mark of trouble comes before what is still to be told, and one of its end after it. */
    @Override
    public synchronized @Nullable WatchPresenceResponse poll() {
        if (marker != null && marker.hasStale()) {
            return takeMarker();
        }
        if (!snapshots.isEmpty()) {
            return WatchPresenceResponse.newBuilder()
                    .setSnapshot(PresenceSnapshot.newBuilder().addAllUsers(take(snapshots, null)))
                    .build();
        }
        List<PresenceState> online = take(steps, true);
        if (!online.isEmpty()) {
            return WatchPresenceResponse.newBuilder()
                    .setOnline(PresenceOnline.newBuilder().addAllUsers(online))
                    .build();
        }
        List<PresenceState> offline = take(steps, false);
        if (!offline.isEmpty()) {
            return WatchPresenceResponse.newBuilder()
                    .setOffline(PresenceOffline.newBuilder().addAllUsers(offline))
                    .build();
        }
        return takeMarker();
    }

    private @Nullable WatchPresenceResponse takeMarker() {
        WatchPresenceResponse taken = marker;
        marker = null;
        return taken;
    }

    /** @param online which of them, null for all */
    private List<PresenceState> take(Set<String> from, @Nullable Boolean online) {
        List<PresenceState> taken = new ArrayList<>();
        Iterator<String> ids = from.iterator();
        while (ids.hasNext() && taken.size() < MAX_USERS_A_MESSAGE) {
            String userId = ids.next();
            Known known = users.get(userId);
            if (known == null || (online != null && known.online != online)) {
                continue;
            }
            ids.remove();
            known.told = true;
            known.toldOnline = known.online;
            taken.add(PresenceState.newBuilder()
                    .setUserId(userId)
                    .setOnline(known.online)
                    .setVersion(known.version)
                    .build());
        }
        return taken;
    }

    @Override
    public synchronized void onClosed() {
        closed = true;
        watchers.closed(this, users.keySet());
    }
}

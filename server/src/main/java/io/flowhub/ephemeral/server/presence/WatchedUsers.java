package io.flowhub.ephemeral.server.presence;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The users that one stream watches: the latest state of each, and what of it is not sent yet. Its memory is bounded by
 * the number of users, however slowly the client reads. Not thread-safe.
 */
final class WatchedUsers {

    private final Map<String, WatchedUser> users = new HashMap<>();

    /** Users whose snapshot is read and not sent yet. */
    private final Set<String> snapshots = new LinkedHashSet<>();

    /** Users whose latest state differs from the state sent last. */
    private final Set<String> transitions = new LinkedHashSet<>();

    private static final class WatchedUser {
        private boolean online;
        private long version;

        /** Whether a state has been sent since the user was added. */
        private boolean sent;

        /** The state that was sent last. */
        private boolean sentOnline;
    }

    int size() {
        return users.size();
    }

    boolean contains(String userId) {
        return users.containsKey(userId);
    }

    Set<String> ids() {
        return users.keySet();
    }

    /** Adds a user, whose snapshot is to be sent next. A user that is watched already gets another snapshot. */
    void add(String userId) {
        users.computeIfAbsent(userId, id -> new WatchedUser()).sent = false;
        transitions.remove(userId);
    }

    void remove(String userId) {
        users.remove(userId);
        snapshots.remove(userId);
        transitions.remove(userId);
    }

    /** Applies the state that was read for the snapshot of a user. */
    void applySnapshot(UserState state) {
        WatchedUser user = users.get(state.userId());
        if (user != null) {
            update(user, state);
            snapshots.add(state.userId());
        }
    }

    /**
     * Applies a state that was announced or read, unless a newer one was applied before.
     *
     * @return whether there is a transition to send
     */
    boolean apply(UserState state) {
        WatchedUser user = users.get(state.userId());
        if (user == null || !update(user, state) || !user.sent) {
            return false;
        }
        if (user.online == user.sentOnline) {
            transitions.remove(state.userId());
            return false;
        }
        transitions.add(state.userId());
        return true;
    }

    private static boolean update(WatchedUser user, UserState state) {
        if (state.version() <= user.version) {
            return false;
        }
        user.version = state.version();
        user.online = state.online();
        return true;
    }

    /** Removes and returns snapshots to send. */
    List<UserState> pollSnapshots(int max) {
        return poll(snapshots, max, user -> true);
    }

    /** Removes and returns transitions to send, those to online or those to offline. */
    List<UserState> pollTransitions(int max, boolean online) {
        return poll(transitions, max, user -> user.online == online);
    }

    private List<UserState> poll(Set<String> from, int max, Predicate<WatchedUser> filter) {
        List<UserState> polled = new ArrayList<>();
        Iterator<String> ids = from.iterator();
        while (ids.hasNext() && polled.size() < max) {
            String userId = ids.next();
            WatchedUser user = users.get(userId);
            if (user == null || !filter.test(user)) {
                continue;
            }
            ids.remove();
            user.sent = true;
            user.sentOnline = user.online;
            polled.add(new UserState(userId, user.online, user.version, 0));
        }
        return polled;
    }
}

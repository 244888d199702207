package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fanout.Topic;
import io.flowhub.ephemeral.v1.PresenceState;

/** A user that streams watch, and its latest state. Offline until the first state. */
final class WatchedUser extends Topic {

    private static final long ONLINE = 1;

    /** Any state is newer than the present one. */
    private static final long OUTDATED = 2;

    private static final int VERSION_SHIFT = 2;

    /** The version of the state above the two bits. One word, as other threads read it. */
    private volatile long state;

    WatchedUser(String id) {
        super(id);
    }

    boolean isOnline() {
        return (state & ONLINE) != 0;
    }

    /** Applies a state unless a newer one was applied before. Returns whether it is a transition. */
    boolean update(UserState latest) {
        long present = state;
        if (latest.version() <= present >> VERSION_SHIFT && (present & OUTDATED) == 0) {
            return false;
        }
        state = latest.version() << VERSION_SHIFT | (latest.online() ? ONLINE : 0);
        return latest.online() != ((present & ONLINE) != 0);
    }

    /** Makes any state newer than this one: a failover may set the clock of Redis back. Its version can still be sent. */
    void outdate() {
        state |= OUTDATED;
    }

    PresenceState toProto() {
        long present = state;
        return PresenceState.newBuilder()
                .setUserId(id())
                .setOnline((present & ONLINE) != 0)
                .setVersion(present >> VERSION_SHIFT)
                .build();
    }
}

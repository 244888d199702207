package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.fanout.Topic;
import io.flowhub.ephemeral.v1.PresenceState;

/** A user that streams watch, and its latest state. Offline until the first state. */
final class WatchedUser extends Topic {

    /** The version of the state and, in the lowest bit, whether the user is online. One word, as other threads read it. */
    private volatile long state;

    WatchedUser(String id) {
        super(id);
    }

    boolean isOnline() {
        return (state & 1) == 1;
    }

    /** Applies a state unless a newer one was applied before. Returns whether it is a transition. */
    boolean update(UserState latest) {
        long present = state;
        if (latest.version() <= present >> 1) {
            return false;
        }
        state = latest.version() << 1 | (latest.online() ? 1 : 0);
        return latest.online() != ((present & 1) == 1);
    }

    /** Makes any state newer than this one: a failover may set the clock of Redis back. */
    void forgetVersion() {
        state &= 1;
    }

    PresenceState toProto() {
        long present = state;
        return PresenceState.newBuilder()
                .setUserId(id())
                .setOnline((present & 1) == 1)
                .setVersion(present >> 1)
                .build();
    }
}

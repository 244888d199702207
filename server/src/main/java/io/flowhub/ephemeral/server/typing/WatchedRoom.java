package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fanout.Topic;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A room that streams watch, and the list that was read last. */
final class WatchedRoom extends Topic {

    private volatile List<String> userIds = List.of();

    /** The read when the first indicator of the list expires. */
    private @Nullable Future<?> expiryRead;

    WatchedRoom(String id) {
        super(id);
    }

    List<String> userIds() {
        return userIds;
    }

    /** Returns whether the list is another one than before. */
    boolean update(List<String> read) {
        boolean changed = !read.equals(userIds);
        userIds = read;
        return changed;
    }

    /** Replaces the last one, which this list made obsolete. */
    void setExpiryRead(@Nullable Future<?> read) {
        if (expiryRead != null) {
            expiryRead.cancel(false);
        }
        expiryRead = read;
    }

    @Override
    protected void onUnwatched() {
        setExpiryRead(null);
    }
}

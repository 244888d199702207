package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.TypingList;
import io.flowhub.ephemeral.v1.TypingResynced;
import io.flowhub.ephemeral.v1.TypingStale;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One open stream: which rooms it watches, and what it has yet to tell. That is the latest list of each room at most,
 * however slowly the caller reads. {@link TypingHub} says on its thread what there is to tell.
 */
final class TypingStream implements StreamHandler<WatchTypingRequest, WatchTypingResponse> {

    private static final int MAX_ROOMS_A_MESSAGE = 1_000;
    private static final int MAX_ROOMS = 20_000;

    private static final WatchTypingResponse STALE = WatchTypingResponse.newBuilder()
            .setStale(TypingStale.getDefaultInstance())
            .build();
    private static final WatchTypingResponse RESYNCED = WatchTypingResponse.newBuilder()
            .setResynced(TypingResynced.getDefaultInstance())
            .build();

    private final TypingHub rooms;
    private final Outbound outbound;

    /** Of {@link #onMessage} alone. */
    private final Set<String> watched = new HashSet<>();

    /** Rooms of the last message whose lists nobody tried to read yet. Of the thread of the rooms alone. */
    private final Set<String> untried = new HashSet<>();

    private final Map<String, List<String>> untold = new LinkedHashMap<>();
    private boolean stale;
    private boolean staleTold;
    private volatile boolean closed;

    TypingStream(TypingHub rooms, Outbound outbound) {
        this.rooms = rooms;
        this.outbound = outbound;
    }

    @Override
    public void onMessage(WatchTypingRequest request) {
        Set<String> removed =
                IdValidator.checkList("remove_room_ids", request.getRemoveRoomIdsList(), MAX_ROOMS_A_MESSAGE, "rooms");
        Set<String> added =
                IdValidator.checkList("add_room_ids", request.getAddRoomIdsList(), MAX_ROOMS_A_MESSAGE, "rooms");
        watched.removeAll(removed);
        watched.addAll(added);
        if (watched.size() > MAX_ROOMS) {
            throw new InvalidFieldException(
                    "add_room_ids", watched.size() + " rooms", "up to " + MAX_ROOMS + " rooms a stream");
        }
        rooms.change(this, removed, added);
    }

    @Override
    public void onClosed() {
        closed = true;
        rooms.close(this);
    }

    @Override
    public synchronized @Nullable WatchTypingResponse poll() {
        if (stale && !staleTold) {
            staleTold = true;
            return STALE;
        }
        Iterator<Map.Entry<String, List<String>>> lists = untold.entrySet().iterator();
        if (lists.hasNext()) {
            Map.Entry<String, List<String>> list = lists.next();
            lists.remove();
            return WatchTypingResponse.newBuilder()
                    .setTyping(TypingList.newBuilder().setRoomId(list.getKey()).addAllUserIds(list.getValue()))
                    .build();
        }
        if (!stale && staleTold) {
            staleTold = false;
            return RESYNCED;
        }
        return null;
    }

    boolean isClosed() {
        return closed;
    }

    /** These rooms will be read; the next message waits for that, so that a fast caller cannot ask for more and more. */
    void await(Collection<String> roomIds) {
        untried.addAll(roomIds);
        if (untried.isEmpty()) {
            outbound.requestNext();
        }
    }

    /** The room was read, or could not be. */
    void tried(String roomId) {
        if (untried.remove(roomId) && untried.isEmpty()) {
            outbound.requestNext();
        }
    }

    void tell(String roomId, List<String> userIds) {
        synchronized (this) {
            untold.put(roomId, userIds);
        }
        outbound.signal();
    }

    synchronized void forget(String roomId) {
        untold.remove(roomId);
    }

    /** Whether what was told still holds is not known from here on, or is known again. */
    void setStale(boolean now) {
        synchronized (this) {
            stale = now;
        }
        outbound.signal();
    }
}

package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.TypingDraining;
import io.flowhub.ephemeral.v1.TypingList;
import io.flowhub.ephemeral.v1.TypingResynced;
import io.flowhub.ephemeral.v1.TypingStale;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An open WatchTyping stream: the rooms that it watches, and the events that are not sent yet. These are at most the latest
 * list of each room, however slowly the client reads.
 */
final class TypingStream implements StreamHandler<WatchTypingRequest, WatchTypingResponse> {

    private static final int MAX_ROOMS_PER_MESSAGE = 1_000;
    private static final int MAX_ROOMS = 20_000;

    private static final WatchTypingResponse STALE = WatchTypingResponse.newBuilder()
            .setStale(TypingStale.getDefaultInstance())
            .build();
    private static final WatchTypingResponse RESYNCED = WatchTypingResponse.newBuilder()
            .setResynced(TypingResynced.getDefaultInstance())
            .build();

    private final TypingHub hub;
    private final Outbound outbound;

    /** Used by {@link #onMessage} only. */
    private final Set<String> watched = new HashSet<>();

    /** The rooms of the last request that no read was attempted for. Confined to the thread of the hub. */
    private final Set<String> pendingReads = new HashSet<>();

    /** By room: the list that is not sent yet. */
    private final Map<String, List<String>> outbox = new LinkedHashMap<>();

    private boolean stale;
    private boolean staleSent;
    private volatile boolean closed;

    TypingStream(TypingHub hub, Outbound outbound) {
        this.hub = hub;
        this.outbound = outbound;
    }

    @Override
    public void onMessage(WatchTypingRequest request) {
        Set<String> removed = IdValidator.checkList(
                "remove_room_ids", request.getRemoveRoomIdsList(), MAX_ROOMS_PER_MESSAGE, "rooms");
        Set<String> added =
                IdValidator.checkList("add_room_ids", request.getAddRoomIdsList(), MAX_ROOMS_PER_MESSAGE, "rooms");
        watched.removeAll(removed);
        watched.addAll(added);
        if (watched.size() > MAX_ROOMS) {
            throw new InvalidFieldException(
                    "add_room_ids", watched.size() + " rooms", "up to " + MAX_ROOMS + " rooms a stream");
        }
        hub.update(this, removed, added);
    }

    /** The next request is read after a read of each of these rooms was attempted, so requests cannot pile up. */
    void expectReads(Collection<String> roomIds) {
        pendingReads.addAll(roomIds);
        if (pendingReads.isEmpty()) {
            outbound.requestNext();
        }
    }

    /** The room was read, or the read failed. */
    void onReadAttempted(String roomId) {
        if (pendingReads.remove(roomId) && pendingReads.isEmpty()) {
            outbound.requestNext();
        }
    }

    /** Sends a list, in place of one of the room that is not sent yet. */
    void offer(String roomId, List<String> userIds) {
        synchronized (this) {
            outbox.put(roomId, userIds);
        }
        outbound.signal();
    }

    /** Discards the list of a room that is not sent yet. */
    synchronized void discard(String roomId) {
        outbox.remove(roomId);
    }

    /** Sends STALE once the lists that were sent may be outdated, and RESYNCED once they are up to date again. */
    void setStale(boolean now) {
        synchronized (this) {
            stale = now;
        }
        outbound.signal();
    }

    /** STALE is sent before the lists, and RESYNCED after them. */
    @Override
    public synchronized @Nullable WatchTypingResponse poll() {
        if (stale && !staleSent) {
            staleSent = true;
            return STALE;
        }
        if (!outbox.isEmpty()) {
            return pollOutbox();
        }
        if (!stale && staleSent) {
            staleSent = false;
            return RESYNCED;
        }
        return null;
    }

    private WatchTypingResponse pollOutbox() {
        Iterator<Map.Entry<String, List<String>>> lists = outbox.entrySet().iterator();
        Map.Entry<String, List<String>> oldest = lists.next();
        lists.remove();
        return WatchTypingResponse.newBuilder()
                .setTyping(TypingList.newBuilder().setRoomId(oldest.getKey()).addAllUserIds(oldest.getValue()))
                .build();
    }

    @Override
    public WatchTypingResponse drainingEvent(Duration timeLeft) {
        return WatchTypingResponse.newBuilder()
                .setDraining(TypingDraining.newBuilder().setTimeLeft(ProtoTime.duration(timeLeft.toMillis())))
                .build();
    }

    @Override
    public void onClosed() {
        closed = true;
        hub.remove(this);
    }

    boolean isClosed() {
        return closed;
    }
}

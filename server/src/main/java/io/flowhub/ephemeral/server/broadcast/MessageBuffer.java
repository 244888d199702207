package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The events of one stream that are not sent yet. A full buffer evicts the oldest event. Evicted messages are counted per
 * room, and a gap event with the count is sent before the next message of that room, or after all other events. Every lost
 * message is older than every message in the buffer, so the gap stands where the messages are missing.
 *
 * <p>Memory is bounded by the limits below, by one count per subscribed room, and by one ack and one marker: an ack is a
 * SUBSCRIBED event, of which at most one is unsent; a marker is a GAP of all rooms, STALE or RESYNCED.
 */
final class MessageBuffer {

    static final int MAX_EVENTS = 1_024;

    /** The sum of the payloads. */
    static final int MAX_BYTES = 1 << 20;

    private final Deque<SubscribeResponse> events = new ArrayDeque<>();
    private final Map<String, Long> lostByRoom = new HashMap<>();
    private int bytes;

    /** Evicted and not sent yet: these come before all other events. */
    private @Nullable SubscribeResponse evictedAck;

    private @Nullable SubscribeResponse evictedMarker;

    private @Nullable SubscribeResponse newest;

    /** Adds a message, an ack or a marker. A GAP that follows a GAP is dropped, because it adds nothing. */
    void add(SubscribeResponse event) {
        if (event.getEventCase() == EventCase.GAP && event.equals(newest)) {
            return;
        }
        newest = event;
        events.add(event);
        bytes += payloadBytes(event);
        while (events.size() > MAX_EVENTS || bytes > MAX_BYTES) {
            evict(removeOldest());
        }
    }

    private void evict(SubscribeResponse oldest) {
        switch (oldest.getEventCase()) {
            case MESSAGE -> lostByRoom.merge(oldest.getMessage().getRoomId(), 1L, Long::sum);
            case SUBSCRIBED -> evictedAck = oldest;
            case GAP -> evictedMarker = evictedMarker == null ? oldest : evictedMarker; // the others imply a gap
            default -> evictedMarker = oldest;
        }
    }

    /** Removes the next event to send; null if there is none. */
    @Nullable
    SubscribeResponse poll() {
        if (evictedAck != null) {
            SubscribeResponse ack = evictedAck;
            evictedAck = null;
            return ack;
        }
        if (evictedMarker != null) {
            SubscribeResponse marker = evictedMarker;
            evictedMarker = null;
            return marker;
        }
        SubscribeResponse oldest = events.peek();
        if (oldest == null) {
            return lostByRoom.isEmpty()
                    ? null
                    : removeGap(lostByRoom.keySet().iterator().next());
        }
        String roomId = oldest.getMessage().getRoomId(); // empty, and so of no room, unless it is a message
        return lostByRoom.containsKey(roomId) ? removeGap(roomId) : removeOldest();
    }

    private SubscribeResponse removeOldest() {
        SubscribeResponse oldest = events.remove();
        bytes -= payloadBytes(oldest);
        return oldest;
    }

    private SubscribeResponse removeGap(String roomId) {
        long lost = lostByRoom.getOrDefault(roomId, 0L);
        lostByRoom.remove(roomId);
        return BroadcastEvents.gap(roomId, lost);
    }

    /** Discards the messages and the lost counts of these rooms. */
    void discard(Set<String> roomIds) {
        lostByRoom.keySet().removeAll(roomIds);
        events.removeIf(event -> {
            boolean discarded = roomIds.contains(event.getMessage().getRoomId());
            bytes -= discarded ? payloadBytes(event) : 0;
            return discarded;
        });
    }

    private static int payloadBytes(SubscribeResponse event) {
        return event.getMessage().getPayload().size();
    }
}

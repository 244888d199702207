package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.v1.BroadcastGap;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one reader has not read yet. When it is full the oldest make room, and the reader is told: before the next message
 * of a room how many of that room were lost, or when nothing else is left to say. All that was lost is older than all that
 * waits, so the count stands where the messages are missing. Bounded: by the limits below, and one count a room.
 */
final class MessageBuffer {

    static final int MAX_WAITING = 1_024;

    /** Of payload. */
    static final int MAX_BYTES = 1 << 20;

    private final Deque<SubscribeResponse> waiting = new ArrayDeque<>();
    private final Map<String, Long> lost = new HashMap<>();
    private int bytes;

    /** What made room and still has to be said: the answer, of which there is one at a time, and the last marker. */
    private @Nullable SubscribeResponse passedAnswer;

    private @Nullable SubscribeResponse passedMarker;

    private @Nullable SubscribeResponse newest;

    /** Adds a message, an answer or a marker (GAP, STALE, RESYNCED), of which a GAP that follows a GAP says nothing new. */
    void add(SubscribeResponse response) {
        if (response.getEventCase() == EventCase.GAP && response.equals(newest)) {
            return;
        }
        newest = response;
        waiting.add(response);
        bytes += payloadBytes(response);
        while (waiting.size() > MAX_WAITING || bytes > MAX_BYTES) {
            pass(take());
        }
    }

    private void pass(SubscribeResponse oldest) {
        switch (oldest.getEventCase()) {
            case MESSAGE -> lost.merge(oldest.getMessage().getRoomId(), 1L, Long::sum);
            case SUBSCRIBED -> passedAnswer = oldest;
            case GAP -> passedMarker = passedMarker == null ? oldest : passedMarker; // the others say it too
            default -> passedMarker = oldest;
        }
    }

    /** The next thing to say. */
    @Nullable
    SubscribeResponse poll() {
        SubscribeResponse next = passedAnswer;
        if (next != null) {
            passedAnswer = null;
            return next;
        }
        next = passedMarker;
        if (next != null) {
            passedMarker = null;
            return next;
        }
        next = waiting.peek();
        if (next == null) {
            return lost.isEmpty() ? null : gap(lost.keySet().iterator().next());
        }
        String room = next.getMessage().getRoomId(); // empty, and so of no room, unless it is a message
        return lost.containsKey(room) ? gap(room) : take();
    }

    private SubscribeResponse take() {
        SubscribeResponse oldest = waiting.remove();
        bytes -= payloadBytes(oldest);
        return oldest;
    }

    private SubscribeResponse gap(String room) {
        long count = lost.getOrDefault(room, 0L);
        lost.remove(room);
        return SubscribeResponse.newBuilder()
                .setGap(BroadcastGap.newBuilder().setRoomId(room).setLost(count))
                .build();
    }

    private static int payloadBytes(SubscribeResponse response) {
        return response.getMessage().getPayload().size();
    }

    /** Forgets all messages of these rooms, those that were lost too. */
    void forget(Set<String> rooms) {
        lost.keySet().removeAll(rooms);
        waiting.removeIf(response -> {
            boolean forgotten = rooms.contains(response.getMessage().getRoomId());
            bytes -= forgotten ? payloadBytes(response) : 0;
            return forgotten;
        });
    }
}

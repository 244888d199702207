package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open Subscribe streams of this server and their rooms. */
final class BroadcastHub {

    private final Set<SubscriptionStream> streams = ConcurrentHashMap.newKeySet();
    private final Map<String, Set<SubscriptionStream>> byRoom = new ConcurrentHashMap<>();

    /** Guarded by the monitor, so that a stream receives each state from its first one on, and in order. */
    private PubSubProbe.State state = PubSubProbe.State.DOWN;

    /** Passes the current state to the stream, and each later one until the stream is removed. */
    synchronized void add(SubscriptionStream stream) {
        streams.add(stream);
        stream.onProbeState(state);
    }

    void remove(SubscriptionStream stream) {
        streams.remove(stream);
    }

    synchronized void onProbeState(PubSubProbe.State next) {
        state = next;
        streams.forEach(stream -> stream.onProbeState(next));
    }

    /** A message to any room is missing. */
    void onLoss() {
        streams.forEach(SubscriptionStream::onLoss);
    }

    void subscribe(Collection<String> roomIds, SubscriptionStream stream) {
        for (String roomId : roomIds) {
            byRoom.compute(roomId, (id, present) -> {
                Set<SubscriptionStream> subscribed = present == null ? ConcurrentHashMap.newKeySet() : present;
                subscribed.add(stream);
                return subscribed;
            });
        }
    }

    void unsubscribe(Collection<String> roomIds, SubscriptionStream stream) {
        for (String roomId : roomIds) {
            byRoom.computeIfPresent(roomId, (id, subscribed) -> {
                subscribed.remove(stream);
                return subscribed.isEmpty() ? null : subscribed;
            });
        }
    }

    /** Delivers the message to the streams of its room. All share one event. */
    void deliver(String messageId, Envelope.Message message) {
        Set<SubscriptionStream> subscribed = byRoom.get(message.roomId());
        if (subscribed == null) {
            return;
        }
        SubscribeResponse event = BroadcastEvents.message(messageId, message);
        subscribed.forEach(stream -> stream.deliver(event));
    }
}

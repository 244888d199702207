package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Who listens to which room on this server. */
final class BroadcastHub {

    private final Map<String, Set<SubscriptionStream>> listeners = new ConcurrentHashMap<>();

    void join(Collection<String> rooms, SubscriptionStream listener) {
        for (String room : rooms) {
            listeners.compute(room, (r, present) -> {
                Set<SubscriptionStream> all = present == null ? ConcurrentHashMap.newKeySet() : present;
                all.add(listener);
                return all;
            });
        }
    }

    void leave(Collection<String> rooms, SubscriptionStream listener) {
        for (String room : rooms) {
            listeners.computeIfPresent(room, (r, present) -> {
                present.remove(listener);
                return present.isEmpty() ? null : present;
            });
        }
    }

    /** Hands the message to those who listen to its room: one and the same instance to all. */
    void hear(PublishRequest message) {
        Set<SubscriptionStream> present = listeners.get(message.getRoomId());
        if (present == null) {
            return;
        }
        SubscribeResponse heard = SubscribeResponse.newBuilder()
                .setMessage(BroadcastMessage.newBuilder()
                        .setRoomId(message.getRoomId())
                        .setSenderId(message.getSenderId())
                        .setPayload(message.getPayload()))
                .build();
        present.forEach(listener -> listener.hear(heard));
    }
}

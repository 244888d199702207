package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.BroadcastGap;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Listens to the messages of some rooms, over any loss of the connection. What was sent meanwhile is lost, for nobody
 * stores it: a gap is told before the first message that comes after. Thread-safe.
 */
public final class Subscription extends Watch<SubscribeRequest, SubscribeResponse, Void> {

    private final String excludedSenderId;
    private final SubscriptionListener listener;

    /** @param excludedSenderId empty for nobody's messages to be left out */
    static Subscription start(Streams streams, String excludedSenderId, SubscriptionListener listener) {
        Subscription subscription = new Subscription(streams, excludedSenderId, listener);
        subscription.start();
        return subscription;
    }

    private Subscription(Streams streams, String excludedSenderId, SubscriptionListener listener) {
        super(streams, BroadcastServiceGrpc.getSubscribeMethod(), listener);
        this.excludedSenderId = excludedSenderId;
        this.listener = listener;
    }

    @Override
    SubscribeRequest request(List<String> added, List<String> removed) {
        return SubscribeRequest.newBuilder()
                .addAllAddRoomIds(added)
                .addAllRemoveRoomIds(removed)
                .setExcludeSenderId(excludedSenderId)
                .build();
    }

    @Override
    void heard(SubscribeResponse message) {
        switch (message.getEventCase()) {
            case MESSAGE -> message(message.getMessage());
            case GAP -> gap(message.getGap());
            case SUBSCRIBED -> subscribed(message.getSubscribed().getRoomIdsList());
            case STALE -> redisAway();
            case RESYNCED -> redisBack();
            default -> {} // A server newer than this client.
        }
    }

    private void message(BroadcastMessage message) {
        if (isWanted(message.getRoomId())) {
            tell(() -> listener.message(message.getRoomId(), message.getSenderId(), message.getPayload()));
        }
    }

    private void gap(BroadcastGap gap) {
        String roomId = gap.getRoomId();
        if (roomId.isEmpty() || isWanted(roomId)) {
            tell(() -> listener.gap(Optional.of(roomId).filter(room -> !room.isEmpty()), lost(gap)));
        }
    }

    @Override
    void reconnected() {
        tell(() -> listener.gap(Optional.empty(), OptionalLong.empty()));
    }

    private void subscribed(List<String> roomIds) {
        Set<String> wanted = new LinkedHashSet<>(roomIds);
        wanted.removeIf(roomId -> !isWanted(roomId));
        if (!wanted.isEmpty()) {
            tell(() -> listener.subscribed(wanted));
        }
    }

    private static OptionalLong lost(BroadcastGap gap) {
        return gap.hasLost() ? OptionalLong.of(gap.getLost()) : OptionalLong.empty();
    }
}

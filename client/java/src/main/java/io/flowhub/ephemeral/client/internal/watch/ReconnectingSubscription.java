package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.Subscription;
import io.flowhub.ephemeral.client.SubscriptionListener;
import io.flowhub.ephemeral.client.internal.stream.StreamRegistry;
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

/** Delivers the messages of the subscribed rooms. */
public final class ReconnectingSubscription extends WatchSupport<SubscribeRequest, SubscribeResponse, Void>
        implements Subscription {

    private final String excludedSenderId;
    private final SubscriptionListener listener;

    /**
     * Opens the stream.
     *
     * @param excludedSenderId empty to exclude no sender
     * @throws IllegalStateException if the client is closed
     */
    public static Subscription start(StreamRegistry streams, String excludedSenderId, SubscriptionListener listener) {
        ReconnectingSubscription subscription = new ReconnectingSubscription(streams, excludedSenderId, listener);
        subscription.start();
        return subscription;
    }

    private ReconnectingSubscription(StreamRegistry streams, String excludedSenderId, SubscriptionListener listener) {
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
    void onEvent(SubscribeResponse response) {
        switch (response.getEventCase()) {
            case MESSAGE -> onMessage(response.getMessage());
            case GAP -> onGap(response.getGap());
            case SUBSCRIBED -> onSubscribed(response.getSubscribed().getRoomIdsList());
            case STALE -> onRedisUnavailable();
            case RESYNCED -> onRedisAvailable();
            default -> {} // An event of a newer server.
        }
    }

    @Override
    void onReconnected() {
        deliver(() -> listener.gap(Optional.empty(), OptionalLong.empty()));
    }

    private void onMessage(BroadcastMessage message) {
        if (isWatched(message.getRoomId())) {
            deliver(() -> listener.message(message.getRoomId(), message.getSenderId(), message.getPayload()));
        }
    }

    /** A gap without a room may concern any room. */
    private void onGap(BroadcastGap gap) {
        String roomId = gap.getRoomId();
        if (roomId.isEmpty() || isWatched(roomId)) {
            OptionalLong lost = gap.hasLost() ? OptionalLong.of(gap.getLost()) : OptionalLong.empty();
            deliver(() -> listener.gap(Optional.of(roomId).filter(room -> !room.isEmpty()), lost));
        }
    }

    private void onSubscribed(List<String> roomIds) {
        Set<String> watched = new LinkedHashSet<>(roomIds);
        watched.removeIf(roomId -> !isWatched(roomId));
        if (!watched.isEmpty()) {
            deliver(() -> listener.subscribed(watched));
        }
    }
}

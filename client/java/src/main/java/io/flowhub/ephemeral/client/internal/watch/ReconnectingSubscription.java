package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.MessageGap;
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
public final class ReconnectingSubscription extends WatchSupport<SubscribeRequest, SubscribeResponse, Boolean>
        implements Subscription {

    private static final Boolean IS_SUBSCRIBED = true;

    private final MessageIds delivered = new MessageIds();
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
    void onEvent(WatchStream<?, ?> from, SubscribeResponse response) {
        switch (response.getEventCase()) {
            case MESSAGE -> pass(from, () -> onMessage(response.getMessage()));
            case GAP -> pass(from, () -> onGap(response.getGap()));
            case SUBSCRIBED -> {
                List<String> roomIds = response.getSubscribed().getRoomIdsList();
                onSubscribed(from, roomIds, () -> onSubscribed(roomIds));
            }
            case STALE -> onRedisUnavailable(from);
            case RESYNCED -> onRedisAvailable(from);
            case DRAINING -> onDraining(from, response.getDraining().getTimeLeft());
            default -> {} // An event of a newer server.
        }
    }

    @Override
    boolean losesEventsWhileStale() {
        return true;
    }

    @Override
    void onReconnected() {
        forgetStates();
        deliver(() -> listener.gap(MessageGap.OF_ANY_ROOM));
    }

    /** After the change from one stream to the next, the next one may repeat what the other one has delivered. */
    private void onMessage(BroadcastMessage message) {
        if (isWatched(message.getRoomId()) && delivered.addIfAbsent(message.getMessageId())) {
            deliver(() -> listener.message(message.getRoomId(), message.getSenderId(), message.getPayload()));
        }
    }

    /** A gap without a room may concern any room. */
    private void onGap(BroadcastGap gap) {
        Optional<String> roomId = Optional.of(gap.getRoomId()).filter(room -> !room.isEmpty());
        if (roomId.isEmpty() || isWatched(roomId.get())) {
            OptionalLong lost = gap.hasLost() ? OptionalLong.of(gap.getLost()) : OptionalLong.empty();
            deliver(() -> listener.gap(new MessageGap(roomId, lost)));
        }
    }

    private void onSubscribed(List<String> roomIds) {
        Set<String> subscribed = new LinkedHashSet<>(roomIds);
        subscribed.removeIf(roomId -> !changed(roomId, IS_SUBSCRIBED));
        if (!subscribed.isEmpty()) {
            deliver(() -> listener.subscribed(subscribed));
        }
    }
}

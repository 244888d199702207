package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.v1.BroadcastDraining;
import io.flowhub.ephemeral.v1.BroadcastGap;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastResynced;
import io.flowhub.ephemeral.v1.BroadcastStale;
import io.flowhub.ephemeral.v1.BroadcastSubscribed;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.time.Duration;
import java.util.Collection;

/** The events of a Subscribe stream. */
final class BroadcastEvents {

    /** Messages of any room may be lost. */
    static final SubscribeResponse GAP = SubscribeResponse.newBuilder()
            .setGap(BroadcastGap.getDefaultInstance())
            .build();

    static final SubscribeResponse STALE = SubscribeResponse.newBuilder()
            .setStale(BroadcastStale.getDefaultInstance())
            .build();

    static final SubscribeResponse RESYNCED = SubscribeResponse.newBuilder()
            .setResynced(BroadcastResynced.getDefaultInstance())
            .build();

    static SubscribeResponse message(String messageId, Envelope.Message message) {
        return SubscribeResponse.newBuilder()
                .setMessage(BroadcastMessage.newBuilder()
                        .setRoomId(message.roomId())
                        .setSenderId(message.senderId())
                        .setPayload(message.payload())
                        .setMessageId(messageId))
                .build();
    }

    static SubscribeResponse gap(String roomId, long lost) {
        return SubscribeResponse.newBuilder()
                .setGap(BroadcastGap.newBuilder().setRoomId(roomId).setLost(lost))
                .build();
    }

    static SubscribeResponse subscribed(Collection<String> roomIds) {
        return SubscribeResponse.newBuilder()
                .setSubscribed(BroadcastSubscribed.newBuilder().addAllRoomIds(roomIds))
                .build();
    }

    static SubscribeResponse draining(Duration timeLeft) {
        return SubscribeResponse.newBuilder()
                .setDraining(BroadcastDraining.newBuilder().setTimeLeft(ProtoTime.duration(timeLeft.toMillis())))
                .build();
    }

    private BroadcastEvents() {}
}

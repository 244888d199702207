package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.fanout.BoundedOutbox;
import io.flowhub.ephemeral.server.rpc.ProtoTime;
import io.flowhub.ephemeral.v1.BroadcastDraining;
import io.flowhub.ephemeral.v1.BroadcastGap;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastResynced;
import io.flowhub.ephemeral.v1.BroadcastStale;
import io.flowhub.ephemeral.v1.BroadcastSubscribed;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.time.Duration;
import java.util.List;

/** The events of a Subscribe stream. */
final class BroadcastEvents implements BoundedOutbox.Events<BroadcastRoom, SubscribeResponse> {

    /** Messages of any room may be lost. */
    static final SubscribeResponse GAP = SubscribeResponse.newBuilder()
            .setGap(BroadcastGap.getDefaultInstance())
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

    static SubscribeResponse draining(Duration timeLeft) {
        return SubscribeResponse.newBuilder()
                .setDraining(BroadcastDraining.newBuilder().setTimeLeft(ProtoTime.duration(timeLeft.toMillis())))
                .build();
    }

    @Override
    public SubscribeResponse stale() {
        return SubscribeResponse.newBuilder()
                .setStale(BroadcastStale.getDefaultInstance())
                .build();
    }

    @Override
    public SubscribeResponse resynced() {
        return SubscribeResponse.newBuilder()
                .setResynced(BroadcastResynced.getDefaultInstance())
                .build();
    }

    @Override
    public SubscribeResponse gap() {
        return GAP;
    }

    @Override
    public SubscribeResponse gap(BroadcastRoom room, long lost) {
        return SubscribeResponse.newBuilder()
                .setGap(BroadcastGap.newBuilder().setRoomId(room.id()).setLost(lost))
                .build();
    }

    @Override
    public SubscribeResponse ack(List<BroadcastRoom> rooms) {
        BroadcastSubscribed.Builder subscribed = BroadcastSubscribed.newBuilder();
        rooms.forEach(room -> subscribed.addRoomIds(room.id()));
        return SubscribeResponse.newBuilder().setSubscribed(subscribed).build();
    }
}

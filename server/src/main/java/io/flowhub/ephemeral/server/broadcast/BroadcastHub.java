package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.fanout.BoundedOutbox;
import io.flowhub.ephemeral.server.fanout.FanoutMetrics;
import io.flowhub.ephemeral.server.fanout.Freshness;
import io.flowhub.ephemeral.server.fanout.Hub;
import io.flowhub.ephemeral.server.fanout.MessageRelay;
import io.flowhub.ephemeral.server.fanout.QueuedEvent;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.rpc.StreamHandler.Outbound;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The open Subscribe streams of this server and their rooms. */
final class BroadcastHub {

    private final Hub<BroadcastRoom, QueuedEvent<BroadcastRoom, SubscribeResponse>> hub;
    private final MessageRelay<BroadcastRoom, SubscribeResponse> relay;

    BroadcastHub(StreamMemory memory) {
        this.hub = new Hub<>("room", BroadcastRoom::new, BoundedOutbox.BYTES_PER_TOPIC, memory);
        this.relay = new MessageRelay<>(hub, memory);
    }

    void measure(FanoutMetrics metrics) {
        hub.measure(metrics, "broadcast");
    }

    /** @param channelFlush completes when each message that was published before has been delivered */
    SubscriptionStream open(Supplier<CompletableFuture<Void>> channelFlush, Outbound outbound) {
        return new SubscriptionStream(hub, channelFlush, outbound);
    }

    void onFreshness(Freshness freshness) {
        hub.setFreshness(freshness);
    }

    /** A message to any room is missing. */
    void onLoss() {
        hub.onLoss();
    }

    /** Delivers the message to the streams of its room. All share one event. */
    void deliver(String messageId, Envelope.Message message) {
        BroadcastRoom room = hub.find(message.roomId());
        if (room != null) {
            relay.deliver(
                    room,
                    BroadcastEvents.message(messageId, message),
                    message.payload().size());
        }
    }
}

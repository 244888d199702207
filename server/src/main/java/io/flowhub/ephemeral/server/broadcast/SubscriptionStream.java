package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.fanout.BoundedOutbox;
import io.flowhub.ephemeral.server.fanout.FanoutStream;
import io.flowhub.ephemeral.server.fanout.Hub;
import io.flowhub.ephemeral.server.fanout.QueuedEvent;
import io.flowhub.ephemeral.server.fanout.StreamShare;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One Subscribe call: its requests and events. */
final class SubscriptionStream
        extends FanoutStream<
                BroadcastRoom, QueuedEvent<BroadcastRoom, SubscribeResponse>, SubscribeRequest, SubscribeResponse> {

    private final Supplier<CompletableFuture<Void>> channelFlush;
    private final SenderFilter filter;

    /** @param channelFlush completes when each message that was published before has been delivered to this stream */
    SubscriptionStream(
            Hub<BroadcastRoom, QueuedEvent<BroadcastRoom, SubscribeResponse>> hub,
            Supplier<CompletableFuture<Void>> channelFlush,
            Outbound outbound) {
        this(hub, channelFlush, outbound, new SenderFilter());
    }

    private SubscriptionStream(
            Hub<BroadcastRoom, QueuedEvent<BroadcastRoom, SubscribeResponse>> hub,
            Supplier<CompletableFuture<Void>> channelFlush,
            Outbound outbound,
            SenderFilter filter) {
        super(hub, outbound, new BoundedOutbox<>(new BroadcastEvents(), filter, StreamShare.current()));
        this.channelFlush = channelFlush;
        this.filter = filter;
    }

    @Override
    protected List<String> added(SubscribeRequest request) {
        return request.getAddRoomIdsList();
    }

    @Override
    protected List<String> removed(SubscribeRequest request) {
        return request.getRemoveRoomIdsList();
    }

    @Override
    protected void check(SubscribeRequest request) {
        filter.setOnce(request.getExcludeSenderId());
    }

    @Override
    public SubscribeResponse drainingEvent(Duration timeLeft) {
        return BroadcastEvents.draining(timeLeft);
    }

    @Override
    public CompletableFuture<Void> flush() {
        return channelFlush.get();
    }

    /** Excludes the messages of the sender in the first request. */
    private static final class SenderFilter implements Predicate<SubscribeResponse> {

        /** Empty excludes no sender; null until the first request. */
        private volatile @Nullable String excluded;

        void setOnce(String senderId) {
            if (excluded == null) {
                excluded = senderId.isEmpty() ? senderId : IdValidator.check("exclude_sender_id", senderId);
            }
        }

        @Override
        public boolean test(SubscribeResponse event) {
            return !event.getMessage().getSenderId().equals(excluded);
        }
    }
}

package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An open Subscribe stream: its rooms, and the events that are not sent yet. */
final class SubscriptionStream implements StreamHandler<SubscribeRequest, SubscribeResponse> {

    private static final int MAX_ROOMS_PER_MESSAGE = 1_000;
    private static final int MAX_ROOMS = 20_000;

    private final BroadcastHub hub;
    private final Supplier<CompletableFuture<Void>> channelFlush;
    private final Outbound outbound;
    private final Set<String> subscribed = new HashSet<>();
    private final MessageBuffer buffer = new MessageBuffer();

    /**
     * The added rooms of the last request, while no message of this server arrives from Redis. The next request is read after
     * the {@code subscribed} event of these rooms was sent.
     */
    private Set<String> pending = Set.of();

    /** Empty excludes no sender; null until the first request. */
    private @Nullable String excludedSenderId;

    private boolean live;
    private boolean stale;
    private boolean closed;

    /** @param channelFlush completes when each message that was published before has been delivered to this stream */
    SubscriptionStream(BroadcastHub hub, Supplier<CompletableFuture<Void>> channelFlush, Outbound outbound) {
        this.hub = hub;
        this.channelFlush = channelFlush;
        this.outbound = outbound;
        hub.add(this); // last: from here on other threads call this object
    }

    @Override
    public void onMessage(SubscribeRequest request) {
        Set<String> added =
                IdValidator.checkList("add_room_ids", request.getAddRoomIdsList(), MAX_ROOMS_PER_MESSAGE, "rooms");
        Set<String> removed = IdValidator.checkList(
                "remove_room_ids", request.getRemoveRoomIdsList(), MAX_ROOMS_PER_MESSAGE, "rooms");
        update(added, removed, request.getExcludeSenderId());
        if (added.isEmpty()) { // else poll() requests the next message when it sends the ack
            outbound.requestNext();
        }
        outbound.signal();
    }

    private synchronized void update(Set<String> added, Set<String> removed, String excluded) {
        if (excludedSenderId == null) {
            excludedSenderId = excluded.isEmpty() ? excluded : IdValidator.check("exclude_sender_id", excluded);
        }
        unsubscribe(removed);
        checkTotal(added);
        pending = added;
        activatePending();
    }

    private void unsubscribe(Set<String> removed) {
        if (!removed.isEmpty()) {
            hub.unsubscribe(removed, this);
            removed.forEach(subscribed::remove);
            buffer.discard(removed);
        }
    }

    private void checkTotal(Set<String> added) {
        Set<String> fresh = new HashSet<>(added);
        fresh.removeAll(subscribed);
        int total = fresh.size() + subscribed.size();
        if (total > MAX_ROOMS) {
            throw new InvalidFieldException("add_room_ids", total + " rooms", "up to " + MAX_ROOMS + " rooms a stream");
        }
    }

    private void activatePending() {
        if (live && !closed && !pending.isEmpty()) {
            subscribed.addAll(pending);
            hub.subscribe(pending, this);
            buffer.add(BroadcastEvents.subscribed(pending));
            pending = Set.of();
        }
    }

    void deliver(SubscribeResponse event) {
        synchronized (this) {
            BroadcastMessage message = event.getMessage();
            if (!subscribed.contains(message.getRoomId())
                    || message.getSenderId().equals(excludedSenderId)) {
                return;
            }
            buffer.add(event);
        }
        outbound.signal();
    }

    /** Called with each state, also with one that repeats, because messages may have been lost again. */
    void onProbeState(PubSubProbe.State state) {
        synchronized (this) {
            live = state == PubSubProbe.State.LIVE;
            switch (state) {
                case DOWN -> onDown();
                case PROBING -> onProbing();
                case LIVE -> onLive();
            }
        }
        outbound.signal();
    }

    private void onDown() {
        if (!stale) {
            stale = true;
            buffer.add(BroadcastEvents.STALE);
        }
    }

    private void onProbing() {
        addGap();
    }

    void onLoss() {
        synchronized (this) {
            addGap();
        }
        outbound.signal();
    }

    private void addGap() {
        if (!stale && !subscribed.isEmpty()) {
            buffer.add(BroadcastEvents.GAP);
        }
    }

    private void onLive() {
        if (stale) {
            stale = false;
            buffer.add(BroadcastEvents.RESYNCED);
        }
        activatePending();
    }

    @Override
    public @Nullable SubscribeResponse poll() {
        SubscribeResponse next;
        synchronized (this) {
            next = buffer.poll();
        }
        if (next != null && next.hasSubscribed()) {
            outbound.requestNext(); // not before, so that at most one ack is unsent if the client only writes
        }
        return next;
    }

    @Override
    public SubscribeResponse drainingEvent(Duration timeLeft) {
        return BroadcastEvents.draining(timeLeft);
    }

    @Override
    public CompletableFuture<Void> flush() {
        return channelFlush.get();
    }

    @Override
    public void onClosed() {
        hub.remove(this);
        synchronized (this) {
            closed = true;
            hub.unsubscribe(subscribed, this);
            subscribed.clear();
        }
    }
}

package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.BroadcastGap;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastResynced;
import io.flowhub.ephemeral.v1.BroadcastStale;
import io.flowhub.ephemeral.v1.BroadcastSubscribed;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One open stream: its rooms, and what it was not told yet. */
final class SubscriptionStream implements StreamHandler<SubscribeRequest, SubscribeResponse> {

    private static final int MAX_ROOMS_PER_MESSAGE = 1_000;
    private static final int MAX_ROOMS = 20_000;

    private static final SubscribeResponse GAP = SubscribeResponse.newBuilder()
            .setGap(BroadcastGap.getDefaultInstance())
            .build();
    private static final SubscribeResponse STALE = SubscribeResponse.newBuilder()
            .setStale(BroadcastStale.getDefaultInstance())
            .build();
    private static final SubscribeResponse RESYNCED = SubscribeResponse.newBuilder()
            .setResynced(BroadcastResynced.getDefaultInstance())
            .build();

    private final Outbound outbound;
    private final BroadcastHub rooms;
    private final PubSubProbe reception;
    private final Set<String> joined = new HashSet<>();
    private final MessageBuffer buffer = new MessageBuffer();

    /** What is to be joined once it is true that messages are heard; no more is read until then. */
    private Set<String> joining = Set.of();

    private @Nullable String excludedSender;
    private boolean hearing;
    private boolean stale;
    private boolean closed;

    SubscriptionStream(Outbound outbound, BroadcastHub rooms, PubSubProbe reception) {
        this.outbound = outbound;
        this.rooms = rooms;
        this.reception = reception;
    }

    @Override
    public void onMessage(SubscribeRequest request) {
        Set<String> added =
                IdValidator.checkList("add_room_ids", request.getAddRoomIdsList(), MAX_ROOMS_PER_MESSAGE, "rooms");
        Set<String> removed = IdValidator.checkList(
                "remove_room_ids", request.getRemoveRoomIdsList(), MAX_ROOMS_PER_MESSAGE, "rooms");
        if (!change(added, removed, request.getExcludeSenderId())) {
            outbound.requestNext(); // there is no answer to wait for
        }
        outbound.signal();
    }

    /** Returns whether there will be an answer. */
    private synchronized boolean change(Set<String> added, Set<String> removed, String exclude) {
        if (excludedSender == null) {
            excludedSender = exclude.isEmpty() ? exclude : IdValidator.check("exclude_sender_id", exclude);
        }
        leave(removed);
        checkTotal(added);
        joining = added;
        joinIfHearing();
        return !added.isEmpty();
    }

    private void checkTotal(Set<String> added) {
        Set<String> all = new HashSet<>(added);
        all.removeAll(joined);
        int total = all.size() + joined.size();
        if (total > MAX_ROOMS) {
            throw new InvalidFieldException("add_room_ids", total + " rooms", "up to " + MAX_ROOMS + " rooms a stream");
        }
    }

    private void leave(Set<String> removed) {
        if (!removed.isEmpty()) {
            rooms.leave(removed, this);
            removed.forEach(joined::remove);
            buffer.forget(removed);
        }
    }

    private void joinIfHearing() {
        if (hearing && !closed && !joining.isEmpty()) {
            joined.addAll(joining);
            rooms.join(joining, this);
            buffer.add(SubscribeResponse.newBuilder()
                    .setSubscribed(BroadcastSubscribed.newBuilder().addAllRoomIds(joining))
                    .build());
            joining = Set.of();
        }
    }

    /** A message was published. */
    void hear(SubscribeResponse message) {
        synchronized (this) {
            BroadcastMessage published = message.getMessage();
            if (!joined.contains(published.getRoomId())
                    || published.getSenderId().equals(excludedSender)) {
                return;
            }
            buffer.add(message);
        }
        outbound.signal();
    }

    /** Whether messages are heard has changed, or is as it was and messages were missed. */
    void tell(PubSubProbe.State state) {
        synchronized (this) {
            hearing = state == PubSubProbe.State.HEARING;
            switch (state) {
                case AWAY -> {
                    if (!stale) {
                        stale = true;
                        buffer.add(STALE);
                    }
                }
                case UNSURE -> {
                    if (!stale && !joined.isEmpty()) {
                        buffer.add(GAP);
                    }
                }
                case HEARING -> {
                    if (stale) {
                        stale = false;
                        buffer.add(RESYNCED);
                    }
                    joinIfHearing();
                }
            }
        }
        outbound.signal();
    }

    @Override
    public @Nullable SubscribeResponse poll() {
        SubscribeResponse next;
        synchronized (this) {
            next = buffer.poll();
        }
        if (next != null && next.hasSubscribed()) {
            outbound.requestNext(); // not before, so that a reader who only sends has one answer waiting at most
        }
        return next;
    }

    @Override
    public void onClosed() {
        reception.remove(this);
        synchronized (this) {
            closed = true;
            rooms.leave(joined, this);
            joined.clear();
        }
    }
}

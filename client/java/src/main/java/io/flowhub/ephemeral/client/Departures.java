package io.flowhub.ephemeral.client;

import com.google.common.util.concurrent.ListenableFuture;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc.PresenceServiceFutureStub;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetOfflineResponse;
import io.grpc.Channel;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Tells the server who left, only so many at a time. One that fails is not told again: he goes offline by himself a few
 * seconds later. Not thread-safe.
 */
final class Departures {

    private static final int MAX_UNDER_WAY = 64;

    private final PresenceServiceFutureStub presence;
    private final Executor order;
    private final Consumer<Beat> onBack;
    private final Set<Beat> waiting = new LinkedHashSet<>();
    private final Set<Beat> underWay = new HashSet<>();
    private final Set<Beat> comingBack = new HashSet<>();

    /**
     * @param order runs everything here, one after the other
     * @param onBack takes who came back
     */
    Departures(Channel channel, Executor order, Consumer<Beat> onBack) {
        this.presence = PresenceServiceGrpc.newFutureStub(channel);
        this.order = order;
        this.onBack = onBack;
    }

    void add(Beat beat) {
        waiting.add(beat);
        sendNext();
    }

    boolean isIdle() {
        return waiting.isEmpty() && underWay.isEmpty();
    }

    /** He is back: at once, or when the server has answered, for else it might make him offline after that. */
    void comeBack(Beat beat) {
        waiting.remove(beat);
        if (underWay.contains(beat)) {
            comingBack.add(beat);
        } else {
            onBack.accept(beat);
        }
    }

    /** He is gone again before he could come back. */
    void stayAway(Beat beat) {
        comingBack.remove(beat);
    }

    private void sendNext() {
        Iterator<Beat> next = waiting.iterator();
        while (next.hasNext() && underWay.size() < MAX_UNDER_WAY) {
            Beat beat = next.next();
            next.remove();
            underWay.add(beat);
            try {
                ListenableFuture<SetOfflineResponse> call = presence.setOffline(request(beat));
                call.addListener(() -> ended(beat), order);
            } catch (RuntimeException e) { // An interceptor of the caller's threw.
                order.execute(() -> ended(beat));
            }
        }
    }

    private static SetOfflineRequest request(Beat beat) {
        return SetOfflineRequest.newBuilder()
                .setUserId(beat.userId())
                .setConnectionId(beat.connectionId())
                .build();
    }

    private void ended(Beat beat) {
        underWay.remove(beat);
        if (comingBack.remove(beat)) {
            onBack.accept(beat);
        }
        sendNext();
    }
}

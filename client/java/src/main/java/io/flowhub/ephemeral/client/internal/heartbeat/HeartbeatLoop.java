package io.flowhub.ephemeral.client.internal.heartbeat;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.client.HeartbeatsListener;
import io.flowhub.ephemeral.client.internal.ErrorDetails;
import io.flowhub.ephemeral.client.internal.stream.ConflatingExecutor;
import io.flowhub.ephemeral.client.internal.stream.OutgoingStream;
import io.flowhub.ephemeral.client.internal.stream.StreamListener;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Sends due heartbeats at each tick, at most 4 frames in flight, and handles their responses. Confined to the thread of
 * the stream. Listeners are called on another thread, so one that hangs delays no heartbeat.
 */
final class HeartbeatLoop implements StreamListener<StreamHeartbeatsResponse> {

    static final java.time.Duration TICK = java.time.Duration.ofMillis(100);

    private static final int MAX_PER_FRAME = 1_000;
    private static final int MAX_FRAMES_IN_FLIGHT = 4;

    private final OutgoingStream<StreamHeartbeatsRequest> stream;
    private final HeartbeatsListener listener;
    private final ConflatingExecutor callbacks = new ConflatingExecutor("ephemeral-StreamHeartbeats-listener");
    private final OfflineNotifier offlineNotifier;
    private final LongSupplier nanoTime;
    private final HeartbeatSchedule schedule;
    private final Deque<OutgoingFrame> inFlight = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> removeAllFutures = new ArrayList<>();
    private boolean wasBroken;
    private long sequence;
    private long lastTick;

    /** The conflation key of a callback: the latest one about an event and user replaces one that waits. */
    private record CallbackKey(String event, String userId) {}

    HeartbeatLoop(
            OutgoingStream<StreamHeartbeatsRequest> stream,
            Function<HeartbeatKey, CompletableFuture<?>> setOffline,
            HeartbeatsListener listener,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.stream = stream;
        this.listener = listener;
        this.nanoTime = nanoTime;
        this.lastTick = nanoTime.getAsLong();
        this.schedule = new HeartbeatSchedule(TICK, random);
        this.offlineNotifier =
                new OfflineNotifier(setOffline, stream::execute, key -> schedule.add(key, nanoTime.getAsLong()));
    }

    void add(HeartbeatKey key) {
        HeartbeatTimer timer = schedule.get(key);
        if (timer != null) {
            timer.isLeaving = false;
        } else {
            offlineNotifier.cancelAndReadd(key);
        }
    }

    /** While a heartbeat is in flight, SetOffline waits for its response: it could mark the user online afterwards. */
    void remove(HeartbeatKey key) {
        HeartbeatTimer timer = schedule.get(key);
        if (timer == null) {
            offlineNotifier.cancelReadd(key);
        } else if (timer.isInFlight) {
            timer.isLeaving = true;
        } else {
            schedule.remove(timer);
            offlineNotifier.add(key);
        }
    }

    void stop(HeartbeatKey key) {
        HeartbeatTimer timer = schedule.get(key);
        if (timer == null) {
            offlineNotifier.cancelReadd(key);
        } else {
            schedule.remove(timer);
        }
    }

    void removeAll(CompletableFuture<Void> done) {
        removeAllFutures.add(done);
        schedule.keys().forEach(this::remove);
    }

    void tick() {
        lastTick = nanoTime.getAsLong();
        OutgoingFrame oldest = inFlight.peek();
        if (oldest != null && lastTick - oldest.sentAt() > schedule.lifetime() / 2) {
            stream.abort("A frame of heartbeats was not answered"); // Another server may answer in time.
        }
        send();
        if (!removeAllFutures.isEmpty() && offlineNotifier.isIdle() && !schedule.isAnyLeaving()) {
            completeRemoveAll();
        }
    }

    /** Sends what was due at the last tick. With the present time each response would trigger a small frame. */
    private void send() {
        while (stream.isReady() && inFlight.size() < MAX_FRAMES_IN_FLIGHT) {
            List<HeartbeatTimer> due = schedule.takeDue(lastTick, MAX_PER_FRAME);
            if (due.isEmpty()) {
                return;
            }
            OutgoingFrame frame = OutgoingFrame.of(++sequence, nanoTime.getAsLong(), due);
            inFlight.add(frame);
            stream.send(frame.message());
        }
    }

    @Override
    public void onOpen() {
        if (wasBroken) {
            schedule.spread(nanoTime.getAsLong());
        }
    }

    @Override
    public void onReady() {
        send();
    }

    @Override
    public void onConnected() {
        notifyListener("connection", "", listener::connected);
    }

    @Override
    public void onMessage(StreamHeartbeatsResponse response) {
        OutgoingFrame frame = inFlight.peek();
        if (frame == null || frame.sequence() != response.getSequence()) {
            stream.abort("Frame " + response.getSequence() + " was answered out of order");
            return;
        }
        inFlight.remove();
        schedule.update(duration(response.getNextIn()), duration(response.getExpiresIn()));
        Set<HeartbeatTimer> accepted = new HashSet<>(frame.timers());
        response.getRejectedList().forEach(rejection -> onRejected(frame, rejection, accepted));
        accepted.forEach(timer -> schedule.accepted(timer, frame.sentAt()));
        frame.timers().forEach(this::removeIfLeaving);
        response.getCameOnlineList()
                .forEach(user -> notifyListener("came online", user, () -> listener.cameOnline(user)));
        send();
    }

    /** An index outside the frame rejects the frame as a whole, for a reason that no user's id caused. */
    private void onRejected(OutgoingFrame frame, RejectedHeartbeat rejection, Set<HeartbeatTimer> accepted) {
        int index = rejection.getIndex();
        boolean isOne = index >= 0 && index < frame.timers().size();
        List<HeartbeatTimer> rejected = isOne ? List.of(frame.timers().get(index)) : frame.timers();
        ErrorReason reason = ErrorDetails.reason(rejection.getErrorReason());
        long now = nanoTime.getAsLong();
        for (HeartbeatTimer timer : rejected) {
            accepted.remove(timer);
            schedule.rejected(timer, now);
            if (isOne && reason == ErrorReason.ERROR_REASON_INVALID_FIELD) {
                schedule.remove(timer);
                String user = timer.key.userId();
                notifyListener("rejected", user, () -> listener.rejected(user, reason, rejection.getMessage()));
            }
        }
    }

    @Override
    public void onBreak(Throwable cause) {
        long now = nanoTime.getAsLong();
        for (OutgoingFrame frame : inFlight) {
            for (HeartbeatTimer timer : frame.timers()) {
                schedule.lost(timer, now);
                removeIfLeaving(timer);
            }
        }
        inFlight.clear();
        wasBroken = true;
        notifyListener("connection", "", () -> listener.disconnected(cause));
    }

    @Override
    public void onClosed() {
        callbacks.close();
        completeRemoveAll();
    }

    private void removeIfLeaving(HeartbeatTimer timer) {
        if (timer.isLeaving && !timer.isRemoved) {
            remove(timer.key);
        }
    }

    private void completeRemoveAll() {
        removeAllFutures.forEach(done -> done.completeAsync(() -> null));
        removeAllFutures.clear();
    }

    private void notifyListener(String event, String userId, Runnable callback) {
        callbacks.execute(new CallbackKey(event, userId), callback);
    }

    private static java.time.Duration duration(Duration duration) {
        return java.time.Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
    }
}

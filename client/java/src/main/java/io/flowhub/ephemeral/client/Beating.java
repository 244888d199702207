package io.flowhub.ephemeral.client;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * What {@link Heartbeats} does on its stream. Runs on the thread of the stream only, and calls nobody there who could hold
 * it up: heartbeats go on while a listener hangs.
 */
final class Beating implements ReconnectingStream.Talk<StreamHeartbeatsResponse> {

    static final java.time.Duration TICK = java.time.Duration.ofMillis(100);

    private static final int MAX_PER_FRAME = 1_000;
    private static final int MAX_UNANSWERED = 4;

    private final ReconnectingStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream;
    private final HeartbeatsListener listener;
    private final Callbacks callbacks = new Callbacks("ephemeral-StreamHeartbeats-listener");
    private final Departures departures;
    private final Pulses pulses = new Pulses(TICK, new SplittableRandom());
    private final Deque<Frame> unanswered = new ArrayDeque<>();
    private final List<CompletableFuture<Void>> farewells = new ArrayList<>();
    private boolean wasBroken;
    private long sequence;
    private long lastTick = System.nanoTime();

    /** Of callbacks that wait for a slow listener, the last one about the same thing is enough. */
    private record Subject(String event, String userId) {}

    Beating(Streams streams, Channel channel, HeartbeatsListener listener) {
        this.listener = listener;
        this.stream = streams.add(PresenceServiceGrpc.getStreamHeartbeatsMethod(), this);
        this.departures = new Departures(channel, stream::execute, beat -> pulses.add(beat, System.nanoTime()));
    }

    ReconnectingStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream() {
        return stream;
    }

    void add(Beat beat) {
        Pulse pulse = pulses.get(beat);
        if (pulse != null) {
            pulse.isLeaving = false;
        } else {
            departures.comeBack(beat);
        }
    }

    /** Not while a heartbeat is under way, which might make him online again: then with its answer. */
    void leave(Beat beat) {
        Pulse pulse = pulses.get(beat);
        if (pulse == null) {
            departures.stayAway(beat);
        } else if (pulse.isUnderWay) {
            pulse.isLeaving = true;
        } else {
            pulses.remove(pulse);
            departures.add(beat);
        }
    }

    void stop(Beat beat) {
        Pulse pulse = pulses.get(beat);
        if (pulse == null) {
            departures.stayAway(beat);
        } else {
            pulses.remove(pulse);
        }
    }

    void leaveAll(CompletableFuture<Void> done) {
        farewells.add(done);
        pulses.all().forEach(this::leave);
    }

    void tick() {
        lastTick = System.nanoTime();
        Frame oldest = unanswered.peek();
        if (oldest != null && lastTick - oldest.sentAt() > pulses.lifetime() / 2) {
            stream.breakOff("A frame of heartbeats was not answered"); // Another server may be in time.
        }
        send();
        if (!farewells.isEmpty() && departures.isIdle() && !pulses.isAnyLeaving()) {
            endFarewells();
        }
    }

    /** Who was due at the last tick: with who is due now each answer would draw a small frame of its own. */
    private void send() {
        while (stream.isReady() && unanswered.size() < MAX_UNANSWERED) {
            List<Pulse> due = pulses.takeDue(lastTick, MAX_PER_FRAME);
            if (due.isEmpty()) {
                return;
            }
            Frame frame = Frame.of(++sequence, System.nanoTime(), due);
            unanswered.add(frame);
            stream.send(frame.message());
        }
    }

    @Override
    public void onOpen() {
        if (wasBroken) {
            pulses.spread(System.nanoTime());
        }
    }

    @Override
    public void onReady() {
        send();
    }

    @Override
    public void onConnected() {
        tell("connection", "", listener::connected);
    }

    @Override
    public void onMessage(StreamHeartbeatsResponse answer) {
        Frame frame = unanswered.peek();
        if (frame == null || frame.sequence() != answer.getSequence()) {
            stream.breakOff("Frame " + answer.getSequence() + " was answered out of turn");
            return;
        }
        unanswered.remove();
        pulses.keep(duration(answer.getNextIn()), duration(answer.getExpiresIn()));
        Set<Pulse> taken = new HashSet<>(frame.pulses());
        answer.getRejectedList().forEach(refusal -> refused(frame, refusal, taken));
        taken.forEach(pulse -> pulses.taken(pulse, frame.sentAt()));
        frame.pulses().forEach(this::leaveIfAsked);
        answer.getCameOnlineList().forEach(user -> tell("came online", user, () -> listener.cameOnline(user)));
        send();
    }

    private void refused(Frame frame, RejectedHeartbeat refusal, Set<Pulse> taken) {
        int index = refusal.getIndex();
        // Else the frame as a whole, which is no user's fault.
        boolean isOne = index >= 0 && index < frame.pulses().size();
        List<Pulse> refused = isOne ? List.of(frame.pulses().get(index)) : frame.pulses();
        ErrorReason reason = EphemeralErrors.named(refusal.getErrorReason());
        long now = System.nanoTime();
        for (Pulse pulse : refused) {
            taken.remove(pulse);
            pulses.refused(pulse, now);
            if (isOne && reason == ErrorReason.ERROR_REASON_INVALID_FIELD) {
                pulses.remove(pulse);
                String user = pulse.beat.userId();
                tell("refused", user, () -> listener.refused(user, reason, refusal.getMessage()));
            }
        }
    }

    @Override
    public void onBreak(Throwable cause) {
        long now = System.nanoTime();
        for (Frame frame : unanswered) {
            for (Pulse pulse : frame.pulses()) {
                pulses.lost(pulse, now);
                leaveIfAsked(pulse);
            }
        }
        unanswered.clear();
        wasBroken = true;
        tell("connection", "", () -> listener.disconnected(cause));
    }

    @Override
    public void onClosed() {
        callbacks.close();
        endFarewells();
    }

    private void leaveIfAsked(Pulse pulse) {
        if (pulse.isLeaving && !pulse.isGone) {
            leave(pulse.beat);
        }
    }

    private void endFarewells() {
        farewells.forEach(done -> done.completeAsync(() -> null));
        farewells.clear();
    }

    private void tell(String event, String userId, Runnable callback) {
        callbacks.add(new Subject(event, userId), callback);
    }

    private static java.time.Duration duration(Duration duration) {
        return java.time.Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
    }
}

package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.Context;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** One stream of heartbeats. Its frames are answered in the order in which they came, and only a few are under way. */
final class HeartbeatStream implements StreamHandler<StreamHeartbeatsRequest, StreamHeartbeatsResponse> {

    /** One is answered while the next one comes. */
    private static final int MAX_FRAMES = 2;

    private final PresenceStore beats;
    private final HeartbeatAdmission frames;
    private final Outbound outbound;
    private final Queue<HeartbeatFrame> unanswered = new ArrayDeque<>();
    private boolean isLast;
    private boolean holdsBack;

    HeartbeatStream(Presence presence, Outbound outbound) {
        this.beats = presence.beats();
        this.frames = presence.frames();
        this.outbound = outbound;
    }

    @Override
    public void onMessage(StreamHeartbeatsRequest request) {
        HeartbeatFrame frame = new HeartbeatFrame(request, beats.ttl(), outbound);
        synchronized (this) { // else an answer in between would read on, too
            unanswered.add(frame);
            holdsBack = unanswered.size() >= MAX_FRAMES;
            if (!holdsBack) {
                outbound.requestNext();
            }
        }
        int size = frame.size();
        if (frame.isRejected()) {
            outbound.signal();
            return;
        }
        // It may start on another thread, and is still part of this call.
        frames.start(size, Context.current().wrap(() -> frame.send(beats, () -> frames.finished(size))));
    }

    @Override
    public synchronized @Nullable StreamHeartbeatsResponse poll() {
        HeartbeatFrame first = unanswered.peek();
        if (first == null || !first.isDone()) {
            return null;
        }
        unanswered.remove();
        if (holdsBack) {
            holdsBack = false;
            outbound.requestNext();
        }
        return first.response();
    }

    @Override
    public synchronized void onHalfClose() {
        isLast = true;
    }

    @Override
    public synchronized boolean isComplete() {
        return isLast && unanswered.isEmpty();
    }
}

package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.rpc.StreamHandler;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** One stream of heartbeats. Its frames are answered in the order in which they came, and only a few are under way. */
final class HeartbeatStream implements StreamHandler<StreamHeartbeatsRequest, StreamHeartbeatsResponse> {

    /** One is answered while the next one comes. */
    private static final int MAX_FRAMES = 2;

    private final PresenceStore beats;
    private final HeartbeatAdmission frames;
    private final Line line;
    private final Queue<HeartbeatFrame> unanswered = new ArrayDeque<>();
    private boolean isLast;
    private boolean holdsBack;
    private volatile boolean closed;

    HeartbeatStream(Presence presence, Line line) {
        this.beats = presence.beats();
        this.frames = presence.frames();
        this.line = line;
    }

    @Override
    public void onMessage(StreamHeartbeatsRequest request) {
        HeartbeatFrame frame = new HeartbeatFrame(request, beats.ttl(), line);
        synchronized (this) { // else an answer in between would read on, too
            unanswered.add(frame);
            holdsBack = unanswered.size() >= MAX_FRAMES;
            if (!holdsBack) {
                line.readOn();
            }
        }
        int size = frame.size();
        if (frame.isRefused()) {
            line.wake();
            return;
        }
        frames.start(size, () -> frame.send(beats, () -> closed, () -> frames.finished(size)));
    }

    @Override
    public synchronized @Nullable StreamHeartbeatsResponse next() {
        HeartbeatFrame first = unanswered.peek();
        if (first == null || !first.isDone()) {
            return null;
        }
        unanswered.remove();
        if (holdsBack) {
            holdsBack = false;
            line.readOn();
        }
        return first.response();
    }

    @Override
    public synchronized void onHalfClose() {
        isLast = true;
    }

    @Override
    public synchronized boolean isOver() {
        return isLast && unanswered.isEmpty();
    }

    @Override
    public void onClosed() {
        closed = true;
    }
}

package io.flowhub.ephemeral.server.presence;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the heartbeats in flight over all streams to three quarters of the calls that may wait for Redis; the rest is
 * left to unary calls. A frame that does not fit waits in order of arrival, and its stream waits with it.
 */
final class HeartbeatAdmission {

    private static final Logger log = LoggerFactory.getLogger(HeartbeatAdmission.class);

    private final int capacity;
    private final Queue<WaitingFrame> waiting = new ArrayDeque<>();
    private int inFlight;

    /** Whether a thread starts waiting frames. Other threads leave theirs to it. */
    private boolean draining;

    private record WaitingFrame(int heartbeats, Runnable start) {}

    /** @param maxQueuedCalls how many calls may wait for Redis */
    HeartbeatAdmission(int maxQueuedCalls) {
        this.capacity = Math.max(HeartbeatFrame.MAX_HEARTBEATS, maxQueuedCalls - maxQueuedCalls / 4);
    }

    /** Starts a frame now, or as soon as it fits. */
    void start(int heartbeats, Runnable start) {
        synchronized (this) {
            waiting.add(new WaitingFrame(heartbeats, start));
        }
        drain();
    }

    /** Releases the heartbeats of a frame that is done. */
    void release(int heartbeats) {
        subtract(heartbeats);
        drain();
    }

    private synchronized void subtract(int heartbeats) {
        inFlight -= heartbeats;
    }

    /** A loop, not a recursion: while Redis is unavailable, a frame is done before its start returns. */
    private void drain() {
        synchronized (this) {
            if (draining) {
                return;
            }
            draining = true;
        }
        WaitingFrame next = next();
        while (next != null) {
            try {
                next.start().run();
            } catch (RuntimeException e) { // must not stop the frames behind it
                log.error("Unexpected error at the start of a frame of heartbeats", e);
                subtract(next.heartbeats());
            }
            next = next();
        }
    }

    private synchronized @Nullable WaitingFrame next() {
        WaitingFrame next = waiting.peek();
        if (next == null || inFlight + next.heartbeats() > capacity) {
            draining = false;
            return null;
        }
        inFlight += next.heartbeats();
        return waiting.remove();
    }
}

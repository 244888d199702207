package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.event.LogEvent;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bounds the heartbeats in flight over all streams to three quarters of {@code redis.max_queued_calls}, or to one full
 * frame if that is more; the rest is left to unary calls. A frame that does not fit waits, in the order of arrival over all
 * streams; a stream reads its next frame only when fewer than two of its frames are without a response.
 */
final class HeartbeatAdmission {

    private static final Logger log = LoggerFactory.getLogger(HeartbeatAdmission.class);
    private static final LogEvent FAILED =
            LogEvent.error("frame_failed", "Unexpected error at the start of a frame of heartbeats");

    private final int capacity;
    private final Queue<WaitingFrame> waiting = new ArrayDeque<>();
    private int inFlight;

    /** Whether a thread starts waiting frames. Other threads leave theirs to it. */
    private boolean starting;

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
        startWaiting();
    }

    /** Releases the heartbeats of a frame that is done. */
    void release(int heartbeats) {
        subtract(heartbeats);
        startWaiting();
    }

    private synchronized void subtract(int heartbeats) {
        inFlight -= heartbeats;
    }

    /** A loop, not a recursion: while Redis is unavailable, a frame is done before its start returns. */
    private void startWaiting() {
        synchronized (this) {
            if (starting) {
                return;
            }
            starting = true;
        }
        WaitingFrame next = next();
        while (next != null) {
            try {
                next.start().run();
            } catch (RuntimeException e) { // must not stop the frames behind it
                FAILED.log(log, e);
                subtract(next.heartbeats());
            }
            next = next();
        }
    }

    private synchronized @Nullable WaitingFrame next() {
        WaitingFrame next = waiting.peek();
        if (next == null || inFlight + next.heartbeats() > capacity) {
            starting = false;
            return null;
        }
        inFlight += next.heartbeats();
        return waiting.remove();
    }
}

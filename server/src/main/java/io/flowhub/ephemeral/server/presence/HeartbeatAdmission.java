package io.flowhub.ephemeral.server.presence;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many heartbeats of streams are under way, over all streams: as many as may wait for Redis, less some room for single
 * ones. A frame that finds no room waits for its turn, and its sender with it.
 */
final class HeartbeatAdmission {

    private static final Logger log = LoggerFactory.getLogger(HeartbeatAdmission.class);

    private final int room;
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private int underWay;

    /** Whether somebody is at it: whoever frees room meanwhile need not. */
    private boolean starting;

    private record Waiting(int beats, Runnable start) {}

    /** @param maxQueuedCalls how many heartbeats may wait for Redis */
    HeartbeatAdmission(int maxQueuedCalls) {
        this.room = Math.max(HeartbeatFrame.MAX_BEATS, maxQueuedCalls - maxQueuedCalls / 4);
    }

    /** Starts a frame, now or when there is room for it. */
    void start(int beats, Runnable start) {
        synchronized (this) {
            waiting.add(new Waiting(beats, start));
        }
        startWhatFits();
    }

    /** So many heartbeats are answered. */
    void finished(int beats) {
        release(beats);
        startWhatFits();
    }

    private synchronized void release(int beats) {
        underWay -= beats;
    }

    /** In a loop: a frame that finds Redis away is finished before its start returns. */
    private void startWhatFits() {
        synchronized (this) {
            if (starting) {
                return;
            }
            starting = true;
        }
        Waiting next = next();
        while (next != null) {
            try {
                next.start().run();
            } catch (RuntimeException e) { // must not stop the frames behind it
                log.error("Unexpected error at the start of a frame of heartbeats", e);
                release(next.beats());
            }
            next = next();
        }
    }

    private synchronized @Nullable Waiting next() {
        Waiting next = waiting.peek();
        if (next == null || underWay + next.beats() > room) {
            starting = false;
            return null;
        }
        underWay += next.beats();
        return waiting.remove();
    }
}

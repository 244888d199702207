package io.flowhub.ephemeral.server.presence;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * How many heartbeats of streams are under way, over all streams: as many as may wait for Redis, less some room for single
 * ones. A frame that finds no room waits for its turn, and its sender with it.
 */
final class Frames {

    private final int room;
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private int underWay;

    private record Waiting(int beats, Runnable start) {}

    /** @param maxQueuedCalls how many heartbeats may wait for Redis */
    Frames(int maxQueuedCalls) {
        this.room = Math.max(Frame.MAX_BEATS, maxQueuedCalls - maxQueuedCalls / 4);
    }

    /** Starts a frame, now or when there is room for it. */
    void start(int beats, Runnable start) {
        synchronized (this) {
            if (!waiting.isEmpty() || underWay + beats > room) {
                waiting.add(new Waiting(beats, start));
                return;
            }
            underWay += beats;
        }
        start.run();
    }

    /** So many heartbeats are answered. */
    void finished(int beats) {
        Waiting next = release(beats);
        while (next != null) {
            next.start().run();
            next = release(0);
        }
    }

    private synchronized @Nullable Waiting release(int beats) {
        underWay -= beats;
        Waiting next = waiting.peek();
        if (next == null || underWay + next.beats() > room) {
            return null;
        }
        underWay += next.beats();
        return waiting.remove();
    }
}

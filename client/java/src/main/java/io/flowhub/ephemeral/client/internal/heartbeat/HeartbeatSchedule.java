package io.flowhub.ephemeral.client.internal.heartbeat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * When each key's next heartbeat is due. The first is due at once, the second at a random moment of the interval, each
 * later one up to a tenth of the interval early. Users added together are therefore spread evenly from the second
 * heartbeat on, and bunches that form while the server is slow or unavailable dissolve by themselves. Not thread-safe.
 */
final class HeartbeatSchedule {

    /** Until the first response sets them. */
    private static final Duration INTERVAL = Duration.ofSeconds(3);

    private static final Duration LIFETIME = Duration.ofSeconds(10);

    private static final double JITTER = 0.1;
    private static final int MAX_DOUBLINGS = 10;

    private final RandomGenerator random;
    private final long firstRetry;
    private final Map<HeartbeatKey, HeartbeatTimer> all = new HashMap<>();

    /** Compares by difference: nanoTime values may overflow. */
    private final PriorityQueue<HeartbeatTimer> queue =
            new PriorityQueue<>((one, other) -> Long.signum(one.due - other.due));

    private long interval = INTERVAL.toNanos();
    private long lifetime = LIFETIME.toNanos();

    /** @param tick the first wait after a rejection; it doubles with each further one, up to the interval */
    HeartbeatSchedule(Duration tick, RandomGenerator random) {
        this.firstRetry = tick.toNanos();
        this.random = random;
    }

    /** Applies the server's interval and lifetime. Zero leaves the present value. */
    void update(Duration nextIn, Duration expiresIn) {
        interval = nextIn.isZero() ? interval : nextIn.toNanos();
        lifetime = expiresIn.isZero() ? lifetime : expiresIn.toNanos();
    }

    long lifetime() {
        return lifetime;
    }

    Set<HeartbeatKey> keys() {
        return Set.copyOf(all.keySet());
    }

    @Nullable
    HeartbeatTimer get(HeartbeatKey key) {
        return all.get(key);
    }

    boolean isAnyLeaving() {
        return all.values().stream().anyMatch(timer -> timer.isLeaving);
    }

    void add(HeartbeatKey key, long now) {
        HeartbeatTimer timer = new HeartbeatTimer(key, now);
        all.put(key, timer);
        queue.add(timer);
    }

    void remove(HeartbeatTimer timer) {
        timer.isRemoved = true;
        all.remove(timer.key);
    }

    /** Removes due timers from the queue, the longest due first. One of the methods below puts each back. */
    List<HeartbeatTimer> takeDue(long now, int max) {
        List<HeartbeatTimer> due = new ArrayList<>();
        for (HeartbeatTimer next = queue.peek();
                next != null && next.due - now <= 0 && due.size() < max;
                next = queue.peek()) {
            queue.remove();
            if (!next.isRemoved) {
                next.isInFlight = true;
                due.add(next);
            }
        }
        return due;
    }

    void accepted(HeartbeatTimer timer, long sentAt) {
        double fraction = timer.wasAccepted ? 1 - JITTER * random.nextDouble() : (1 - JITTER / 2) * random.nextDouble();
        timer.wasAccepted = true;
        timer.acceptedAt = sentAt;
        timer.rejections = 0;
        requeue(timer, sentAt + (long) (interval * fraction));
    }

    void rejected(HeartbeatTimer timer, long now) {
        requeue(timer, now + Math.min(interval, firstRetry << Math.min(timer.rejections++, MAX_DOUBLINGS)));
    }

    /** The stream broke: it is unknown whether the heartbeat arrived. */
    void lost(HeartbeatTimer timer, long now) {
        requeue(timer, now);
    }

    /**
     * After a reconnect: schedules all heartbeats evenly within one interval, the user without one for longest first. A
     * user whose lifetime would end before its turn, but has not ended yet, is scheduled earlier.
     */
    void spread(long now) {
        queue.removeIf(timer -> timer.isRemoved);
        List<HeartbeatTimer> waiting = new ArrayList<>(queue);
        waiting.sort(Comparator.comparing((HeartbeatTimer timer) -> timer.wasAccepted)
                .thenComparing((one, other) -> Long.signum(one.acceptedAt - other.acceptedAt)));
        queue.clear();
        for (int i = 0; i < waiting.size(); i++) {
            HeartbeatTimer timer = waiting.get(i);
            long turn = now + interval * i / waiting.size();
            long latest = timer.acceptedAt + lifetime - interval / 2;
            boolean needsEarlier = timer.wasAccepted && timer.acceptedAt + lifetime - now > 0 && latest - turn < 0;
            timer.due = needsEarlier ? latest : turn;
            queue.add(timer);
        }
    }

    private void requeue(HeartbeatTimer timer, long due) {
        timer.isInFlight = false;
        timer.due = due;
        if (!timer.isRemoved) {
            queue.add(timer);
        }
    }
}

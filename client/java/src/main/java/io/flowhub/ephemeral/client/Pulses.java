package io.flowhub.ephemeral.client;

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
 * Who is beaten, and when next. The first one is due at once, the second at a random moment of the interval, and each
 * later one up to a tenth early: so those who came together are spread evenly from the second one on, and what got out of
 * step, because the server was slow or away, spreads again by itself. Not thread-safe.
 */
final class Pulses {

    /** Until the server says what it wants. */
    private static final Duration INTERVAL = Duration.ofSeconds(3);

    private static final Duration LIFETIME = Duration.ofSeconds(10);

    private static final double EARLY = 0.1;
    private static final int MAX_DOUBLINGS = 10;

    private final RandomGenerator random;
    private final long firstRepeat;
    private final Map<Beat, Pulse> all = new HashMap<>();

    /** Differences, for these times may overflow. */
    private final PriorityQueue<Pulse> line = new PriorityQueue<>((one, other) -> Long.signum(one.due - other.due));

    private long interval = INTERVAL.toNanos();
    private long lifetime = LIFETIME.toNanos();

    /** @param tick after which a refused one is sent again, and after its next refusal twice as long */
    Pulses(Duration tick, RandomGenerator random) {
        this.firstRepeat = tick.toNanos();
        this.random = random;
    }

    /** What the server says: when to send the next, and how long one keeps online. What it leaves out stays as it is. */
    void keep(Duration nextIn, Duration expiresIn) {
        interval = nextIn.isZero() ? interval : nextIn.toNanos();
        lifetime = expiresIn.isZero() ? lifetime : expiresIn.toNanos();
    }

    long lifetime() {
        return lifetime;
    }

    Set<Beat> all() {
        return Set.copyOf(all.keySet());
    }

    @Nullable
    Pulse get(Beat beat) {
        return all.get(beat);
    }

    boolean isAnyLeaving() {
        return all.values().stream().anyMatch(pulse -> pulse.isLeaving);
    }

    void add(Beat beat, long now) {
        Pulse pulse = new Pulse(beat, now);
        all.put(beat, pulse);
        line.add(pulse);
    }

    void remove(Pulse pulse) {
        pulse.isGone = true;
        all.remove(pulse.beat);
    }

    /** Takes out of the line who is due, the longest waiting first. They come back with one of the methods below. */
    List<Pulse> takeDue(long now, int max) {
        List<Pulse> due = new ArrayList<>();
        for (Pulse next = line.peek(); next != null && next.due - now <= 0 && due.size() < max; next = line.peek()) {
            line.remove();
            if (!next.isGone) {
                next.isUnderWay = true;
                due.add(next);
            }
        }
        return due;
    }

    void taken(Pulse pulse, long sentAt) {
        double part = pulse.isTaken ? 1 - EARLY * random.nextDouble() : (1 - EARLY / 2) * random.nextDouble();
        pulse.isTaken = true;
        pulse.takenAt = sentAt;
        pulse.refusals = 0;
        backInLine(pulse, sentAt + (long) (interval * part));
    }

    void refused(Pulse pulse, long now) {
        backInLine(pulse, now + Math.min(interval, firstRepeat << Math.min(pulse.refusals++, MAX_DOUBLINGS)));
    }

    /** Nobody knows what became of it. */
    void lost(Pulse pulse, long now) {
        backInLine(pulse, now);
    }

    /**
     * After a time without a server: all within one interval, evenly, the longest without a heartbeat first. Earlier only
     * who would go offline before his turn.
     */
    void spread(long now) {
        line.removeIf(pulse -> pulse.isGone);
        List<Pulse> waiting = new ArrayList<>(line);
        waiting.sort(Comparator.comparing((Pulse pulse) -> pulse.isTaken)
                .thenComparing((one, other) -> Long.signum(one.takenAt - other.takenAt)));
        line.clear();
        for (int i = 0; i < waiting.size(); i++) {
            Pulse pulse = waiting.get(i);
            long turn = now + interval * i / waiting.size();
            long inTime = pulse.takenAt + lifetime - interval / 2;
            boolean isSaved = pulse.isTaken && pulse.takenAt + lifetime - now > 0 && inTime - turn < 0;
            pulse.due = isSaved ? inTime : turn;
            line.add(pulse);
        }
    }

    private void backInLine(Pulse pulse, long due) {
        pulse.isUnderWay = false;
        pulse.due = due;
        if (!pulse.isGone) {
            line.add(pulse);
        }
    }
}

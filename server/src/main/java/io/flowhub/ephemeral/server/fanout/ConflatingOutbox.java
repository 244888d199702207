package io.flowhub.ephemeral.server.fanout;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * An outbox that sends the latest state of each topic and skips what came before it. The first state of a topic that was
 * added is its snapshot: one that was read after the stream was added to the topic. STALE is sent before all states,
 * RESYNCED after them.
 */
public final class ConflatingOutbox<T extends Topic, S, R> extends Outbox<T, ReadStep, R> {

    /**
     * The events of a feature. The lists have at least one state.
     *
     * @param <S> a state as it is sent
     */
    public interface Events<T, S, R> {

        /** The state of a topic now. Called once for each that is sent, as other threads change it. */
        S state(T topic);

        R stale();

        R resynced();

        R snapshot(List<S> states);

        /** The event of changes: all on or all off. */
        R change(List<S> states);

        /** Whether the state is on, where states are on or off: an event of changes then has one of both. */
        default boolean isOn(S state) {
            return false;
        }

        /** Whether a change to this state was undone before it was sent. */
        default boolean isUndone(S state, boolean sentOn) {
            return false;
        }
    }

    /** Slots in the table and in the queues. */
    public static final int BYTES_PER_TOPIC = 18;

    /** Added since the last read started. */
    private static final int WAITS_FOR_NEXT_READ = 1;

    private static final int WAITS_FOR_THIS_READ = 2;

    /** No read was attempted since the last request added the topic. */
    private static final int UNTRIED = 4;

    /** A state was sent since the topic was added. */
    private static final int SENT = 8;

    /** The state that was sent last was on. */
    private static final int SENT_ON = 16;

    private static final int CHANGED = 32;
    private static final int IN_SNAPSHOTS = 64;
    private static final int IN_CHANGES = 128;

    private final Events<T, S, R> events;
    private final int maxPerEvent;

    private final Queue<T> snapshots = new ArrayDeque<>();
    private final ArrayDeque<T> changes = new ArrayDeque<>();

    private int untried;
    private boolean stale;
    private boolean staleSent;

    /** @param maxPerEvent the states that one event may have */
    public ConflatingOutbox(Events<T, S, R> events, int maxPerEvent) {
        this.events = events;
        this.maxPerEvent = maxPerEvent;
    }

    @Override
    void add(List<T> added) {
        for (T topic : added) {
            if (!topics.contains(topic)) {
                topics.add(topic);
            }
            int slot = topics.find(topic);
            int flags = topics.flags(slot);
            untried += (flags & UNTRIED) == 0 ? 1 : 0;
            topics.setFlags(slot, (flags & (IN_SNAPSHOTS | IN_CHANGES)) | WAITS_FOR_NEXT_READ | UNTRIED);
        }
    }

    @Override
    void remove(List<T> removed) {
        int allFlags = 0;
        for (T topic : removed) {
            int flags = topics.flags(topics.find(topic));
            untried -= (flags & UNTRIED) == 0 ? 0 : 1;
            topics.remove(topic);
            allFlags |= flags;
        }
        if ((allFlags & IN_SNAPSHOTS) != 0) {
            snapshots.removeIf(topic -> !topics.contains(topic));
        }
        if ((allFlags & IN_CHANGES) != 0) {
            changes.removeIf(topic -> !topics.contains(topic));
        }
    }

    @Override
    boolean offer(T topic, ReadStep step) {
        int slot = topics.find(topic);
        if (slot < 0) {
            return false;
        }
        int flags = topics.flags(slot);
        boolean waited = (flags & WAITS_FOR_THIS_READ) != 0;
        switch (step) {
            case STARTED -> {
                if ((flags & WAITS_FOR_NEXT_READ) != 0) {
                    topics.setFlags(slot, (flags & ~WAITS_FOR_NEXT_READ) | WAITS_FOR_THIS_READ);
                }
                return false;
            }
            case SUCCEEDED -> {
                if (waited) {
                    setTried(slot, flags & ~WAITS_FOR_THIS_READ, IN_SNAPSHOTS);
                    enqueue(snapshots, topic, flags & IN_SNAPSHOTS);
                }
                return waited;
            }
            case FAILED -> {
                if (waited) {
                    setTried(slot, flags & ~WAITS_FOR_THIS_READ, WAITS_FOR_NEXT_READ);
                }
                return waited; // the next request may be read
            }
            case CHANGED -> {
                boolean hasSnapshot = (flags & SENT) != 0;
                if (hasSnapshot) {
                    topics.setFlags(slot, flags | CHANGED | IN_CHANGES);
                    enqueue(changes, topic, flags & IN_CHANGES);
                }
                return hasSnapshot;
            }
        }
        throw new AssertionError(step);
    }

    private void setTried(int slot, int flags, int more) {
        untried -= (flags & UNTRIED) == 0 ? 0 : 1;
        topics.setFlags(slot, (flags & ~UNTRIED) | more);
    }

    private void enqueue(Queue<T> queue, T topic, int present) {
        if (present == 0) {
            queue.add(topic);
        }
    }

    @Override
    void onFreshness(Freshness freshness) {
        if (freshness == Freshness.DOWN) {
            stale = true;
        } else if (freshness == Freshness.LIVE) {
            stale = false;
        }
    }

    /** Requests cannot pile up: the next one is read after a read of each topic of the last one was attempted. */
    @Override
    boolean isReadyForRequest() {
        return untried == 0;
    }

    @Override
    @Nullable
    R poll() {
        if (stale && !staleSent) {
            staleSent = true;
            count(StreamEvent.STALE);
            return events.stale();
        }
        List<S> next = pollSnapshots();
        if (!next.isEmpty()) {
            return events.snapshot(next);
        }
        next = pollChanges();
        if (!next.isEmpty()) {
            return events.change(next);
        }
        if (!stale && staleSent) {
            staleSent = false;
            count(StreamEvent.RESYNCED);
            return events.resynced();
        }
        return null;
    }

    private List<S> pollSnapshots() {
        List<S> next = new ArrayList<>();
        while (next.size() < maxPerEvent && !snapshots.isEmpty()) {
            T topic = snapshots.remove();
            next.add(markSent(topic, events.state(topic), IN_SNAPSHOTS));
        }
        return next;
    }

    /** Those that are on or those that are off. */
    private List<S> pollChanges() {
        List<S> next = new ArrayList<>();
        List<T> others = new ArrayList<>();
        while (next.size() + others.size() < maxPerEvent && !changes.isEmpty()) {
            T topic = changes.remove();
            S state = events.state(topic);
            int slot = topics.find(topic);
            int flags = topics.flags(slot);
            if ((flags & CHANGED) == 0 || events.isUndone(state, (flags & SENT_ON) != 0)) {
                topics.setFlags(slot, flags & ~(CHANGED | IN_CHANGES));
            } else if (next.isEmpty() || events.isOn(state) == events.isOn(next.get(0))) {
                next.add(markSent(topic, state, IN_CHANGES));
            } else {
                others.add(topic);
            }
        }
        for (int i = others.size() - 1; i >= 0; i--) {
            changes.addFirst(others.get(i));
        }
        return next;
    }

    private S markSent(T topic, S state, int queue) {
        int slot = topics.find(topic);
        int flags = topics.flags(slot) & ~(SENT_ON | CHANGED | queue);
        topics.setFlags(slot, flags | SENT | (events.isOn(state) ? SENT_ON : 0));
        return state;
    }
}

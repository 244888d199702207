package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.fanout.QueuedEvent.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An outbox that sends each message. A full one evicts its oldest event. Evicted messages are counted per topic, and a gap
 * event with the count is sent before the next message of that topic, or after all other events. Every lost message is older
 * than every message in the outbox, so the gap stands where the messages are missing.
 *
 * <p>Memory is bounded by the limits below, by the share of the caller, by one count per topic, and by one ack and one marker.
 */
public final class BoundedOutbox<T extends Topic, R> extends Outbox<T, QueuedEvent<T, R>, R> {

    /** The events of a feature. */
    public interface Events<T, R> {

        R stale();

        R resynced();

        /** Messages of all topics may be lost. */
        R gap();

        R gap(T topic, long lost);

        /** Confirms the topics of a request: the stream receives all messages from here on. */
        R ack(List<T> topics);
    }

    public static final int MAX_EVENTS = 1_024;

    /** The sum of the payloads. */
    public static final int MAX_BYTES = 1 << 20;

    /** A slot in the table, and the count of lost messages. */
    public static final int BYTES_PER_TOPIC = 80;

    /** The flag of a topic that was confirmed. */
    private static final int CONFIRMED = 1;

    private final Events<T, R> events;
    private final Predicate<R> filter;
    private final @Nullable StreamShare share;

    private final Deque<QueuedEvent<T, R>> queue = new ArrayDeque<>();
    private final Map<T, Long> lostByTopic = new HashMap<>();
    private int bytes;

    /** Reserved in the share of the caller. */
    private long bytesOfShare;

    /** Evicted and not sent yet: these come before all other events. */
    private @Nullable QueuedEvent<T, R> evictedAck;

    private @Nullable QueuedEvent<T, R> evictedMarker;

    private @Nullable QueuedEvent<T, R> newest;

    /** The topics of the last request, until messages arrive. */
    private List<T> pending = List.of();

    private boolean isAckUnsent;
    private boolean hasConfirmed;
    private boolean live;
    private boolean stale;

    /**
     * @param filter the messages that the stream receives
     * @param share of the caller; null if the server does not know its callers
     */
    public BoundedOutbox(Events<T, R> events, Predicate<R> filter, @Nullable StreamShare share) {
        this.events = events;
        this.filter = filter;
        this.share = share;
    }

    @Override
    void add(List<T> added) {
        added.stream().filter(topic -> !topics.contains(topic)).forEach(topics::add);
        pending = added;
        isAckUnsent = !added.isEmpty();
        confirmPending();
    }

    private void confirmPending() {
        if (live && !pending.isEmpty()) {
            pending.forEach(topic -> topics.setFlags(topics.find(topic), CONFIRMED));
            hasConfirmed = true;
            append(new QueuedEvent<>(Kind.ACK, events.ack(pending)));
            pending = List.of();
        }
    }

    @Override
    void remove(List<T> removed) {
        removed.forEach(topics::remove);
        removed.forEach(lostByTopic::remove);
        hasConfirmed &= topics.size() > 0;
        queue.removeIf(event -> {
            T topic = event.topic();
            boolean isRemoved = topic != null && !topics.contains(topic);
            if (isRemoved) {
                release(event);
            }
            return isRemoved;
        });
    }

    @Override
    boolean offer(T topic, QueuedEvent<T, R> message) {
        int slot = topics.find(topic);
        if (slot < 0 || topics.flags(slot) != CONFIRMED || !filter.test(message.event())) {
            return false;
        }
        message.hold();
        append(message);
        return true;
    }

    private void append(QueuedEvent<T, R> event) {
        newest = event;
        queue.add(event);
        bytes += event.payloadBytes();
        if (share != null) {
            bytesOfShare += event.bytes();
            share.bufferedBytes().reserve(event.bytes());
        }
        while (queue.size() > MAX_EVENTS || bytes > MAX_BYTES || (share != null && share.isExceededBy(bytesOfShare))) {
            evictOldest();
        }
    }

    private void evictOldest() {
        QueuedEvent<T, R> oldest = removeOldest();
        T topic = oldest.topic();
        if (topic != null) {
            count(StreamEvent.DROPPED);
            lostByTopic.merge(topic, 1L, Long::sum);
        } else if (oldest.kind() == Kind.ACK) {
            evictedAck = oldest;
        } else if (oldest.kind() == Kind.MARKER || evictedMarker == null) { // the other markers imply a gap
            evictedMarker = oldest;
        }
    }

    @Override
    long evictBefore(long number) {
        for (QueuedEvent<T, R> oldest = queue.peek(); oldest != null; oldest = queue.peek()) {
            if (oldest.topic() != null && oldest.number() >= number) {
                return oldest.number();
            }
            evictOldest();
        }
        return Long.MAX_VALUE;
    }

    @Override
    void onFreshness(Freshness freshness) {
        live = freshness == Freshness.LIVE;
        switch (freshness) {
            case DOWN -> setStale(true);
            case PROBING -> addGap();
            case RESYNCING -> {}
            case LIVE -> {
                setStale(false);
                confirmPending();
            }
        }
    }

    private void setStale(boolean now) {
        if (stale != now) {
            stale = now;
            count(now ? StreamEvent.STALE : StreamEvent.RESYNCED);
            append(new QueuedEvent<>(Kind.MARKER, now ? events.stale() : events.resynced()));
        }
    }

    /** A gap that follows a gap adds nothing. */
    private void addGap() {
        if (!stale && hasConfirmed && (newest == null || newest.kind() != Kind.GAP)) {
            count(StreamEvent.GAP);
            append(new QueuedEvent<>(Kind.GAP, events.gap()));
        }
    }

    /** When the last ack is sent, so that at most one is unsent if the client only writes. */
    @Override
    boolean isReadyForRequest() {
        return !isAckUnsent;
    }

    @Override
    @Nullable
    R poll() {
        QueuedEvent<T, R> next = evictedAck;
        if (next != null) {
            evictedAck = null;
            isAckUnsent = false;
            return next.event();
        }
        next = evictedMarker;
        if (next != null) {
            evictedMarker = null;
            return next.event();
        }
        next = queue.peek();
        if (next == null) {
            return lostByTopic.isEmpty()
                    ? null
                    : removeGap(lostByTopic.keySet().iterator().next());
        }
        T topic = next.topic();
        if (topic != null && lostByTopic.containsKey(topic)) {
            return removeGap(topic);
        }
        isAckUnsent &= next.kind() != Kind.ACK;
        return removeOldest().event();
    }

    private QueuedEvent<T, R> removeOldest() {
        QueuedEvent<T, R> oldest = queue.remove();
        release(oldest);
        return oldest;
    }

    private void release(QueuedEvent<T, R> event) {
        bytes -= event.payloadBytes();
        if (share != null) {
            bytesOfShare -= event.bytes();
            share.bufferedBytes().release(event.bytes());
        }
        event.release();
    }

    private R removeGap(T topic) {
        long lost = lostByTopic.getOrDefault(topic, 0L);
        lostByTopic.remove(topic);
        count(StreamEvent.GAP);
        return events.gap(topic, lost);
    }

    @Override
    void close() {
        super.close();
        queue.forEach(this::release);
        queue.clear();
        lostByTopic.clear();
    }
}

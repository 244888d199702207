package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An event in {@link BoundedOutbox}es. A message may be in those of any number of streams: its bytes are reserved once,
 * until its creator and all outboxes have released it.
 */
public final class QueuedEvent<T extends Topic, R> {

    enum Kind {
        MESSAGE,

        /** Confirms the topics of a request. */
        ACK,

        /** Messages of all topics may be lost before it. */
        GAP,

        /** STALE or RESYNCED, which imply a gap. */
        MARKER
    }

    /** The objects and ids of a message around its payload, by their fields on a 64-bit JVM with compressed references. */
    private static final int OBJECT_BYTES = 450;

    private final Kind kind;
    private final @Nullable T topic;
    private final R event;
    private final int payloadBytes;
    private final long number;
    private final @Nullable BoundedCount account;
    private final AtomicInteger holders = new AtomicInteger(1);

    /** A message, held by its creator. */
    QueuedEvent(T topic, R event, int payloadBytes, long number, BoundedCount account) {
        this.kind = Kind.MESSAGE;
        this.topic = topic;
        this.event = event;
        this.payloadBytes = payloadBytes;
        this.number = number;
        this.account = account;
        account.reserve(bytes());
    }

    /** An event of one stream, of which an outbox has few. */
    QueuedEvent(Kind kind, R event) {
        this.kind = kind;
        this.topic = null;
        this.event = event;
        this.payloadBytes = 0;
        this.number = 0;
        this.account = null;
    }

    Kind kind() {
        return kind;
    }

    /** Null unless it is a message. */
    @Nullable
    T topic() {
        return topic;
    }

    R event() {
        return event;
    }

    int payloadBytes() {
        return payloadBytes;
    }

    /** All of a message; 0 for other events. */
    int bytes() {
        return kind == Kind.MESSAGE ? OBJECT_BYTES + payloadBytes : 0;
    }

    /** Later messages have larger numbers. */
    long number() {
        return number;
    }

    /** Called by a holder, for one more. */
    void hold() {
        holders.incrementAndGet();
    }

    /** Called once by each holder. */
    void release() {
        if (holders.decrementAndGet() == 0 && account != null) {
            account.release(bytes());
        }
    }
}

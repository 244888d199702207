package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Passes messages to the streams of a topic, within the memory for messages that are not sent yet. When it is exceeded, all
 * streams lose their oldest messages: streams that are not read cannot use up what the others need for a moment.
 */
public final class MessageRelay<T extends Topic, R> {

    private final Hub<T, QueuedEvent<T, R>> hub;
    private final BoundedCount account;
    private final AtomicLong lastNumber = new AtomicLong();

    public MessageRelay(Hub<T, QueuedEvent<T, R>> hub, StreamMemory memory) {
        this.hub = hub;
        this.account = memory.messages();
    }

    /** Offers a message to all streams of the topic, which share it. */
    public void deliver(T topic, R event, int payloadBytes) {
        QueuedEvent<T, R> message =
                new QueuedEvent<>(topic, event, payloadBytes, lastNumber.incrementAndGet(), account);
        hub.offer(topic, message);
        message.release();
        if (account.reserved() > account.limit()) {
            evictOldest();
        }
    }

    /** Until a quarter of the memory is free. Each round evicts the older half, by time. */
    private synchronized void evictOldest() {
        long last = lastNumber.get();
        long oldest = hub.evictBefore(0);
        while (account.reserved() > account.limit() / 4 * 3 && oldest <= last) {
            oldest = hub.evictBefore(oldest + (last - oldest) / 2 + 1);
        }
    }
}

package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.metrics.EnumCounter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The topics of one stream, and what is not sent of them yet. Its memory is bounded, however slowly the client reads. Not
 * thread-safe: {@link FanoutStream} guards it.
 *
 * @param <E> what the hub offers to the streams of a topic
 * @param <R> an event of the stream
 */
public abstract class Outbox<T extends Topic, E, R> {

    final TopicTable<T> topics = new TopicTable<>();

    private @Nullable EnumCounter<StreamEvent> counter;

    final void countIn(@Nullable EnumCounter<StreamEvent> metric) {
        counter = metric;
    }

    final void count(StreamEvent event) {
        if (counter != null) {
            counter.count(event);
        }
    }

    /** The topics of a request. Some of them may be present. */
    abstract void add(List<T> added);

    abstract void remove(List<T> removed);

    /** Returns whether there is something to send, or the next request may be read. */
    abstract boolean offer(T topic, E event);

    /** Evicts messages with smaller numbers. Returns the number of the oldest message, or the largest number if there is none. */
    long evictBefore(long number) {
        return Long.MAX_VALUE;
    }

    /** Called with the state at first, and with each later one. */
    abstract void onFreshness(Freshness freshness);

    /** Whether the topics of the last request got their first event or attempt, so that the next request may be read. */
    abstract boolean isReadyForRequest();

    /** Removes the next event to send; null if there is none. */
    abstract @Nullable R poll();

    /** Discards everything. */
    void close() {
        topics.clear();
    }
}

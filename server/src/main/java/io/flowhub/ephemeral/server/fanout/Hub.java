package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.QuotaExceededException;
import io.flowhub.ephemeral.server.metrics.EnumCounter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one feature on this server, and the topics that they watch. One monitor guards both, and the state of the
 * topics; each stream has a monitor of its own for what it has not sent.
 *
 * @param <E> what is offered to the streams of a topic
 */
public final class Hub<T extends Topic, E> {

    /** Follows which topics are watched. Called with the monitor of the hub. */
    interface Listener<T> {

        /** A stream has added topics, of which some may be watched already. */
        void onAdded(List<T> topics);

        /** No stream watches these topics any longer. */
        void onUnwatched(List<T> topics);
    }

    static final int STREAM_BYTES = 8_192;

    private static final int MAX_IDS_PER_STREAM = 20_000;

    /** A topic and its slots in the hub, without the id. */
    private static final int TOPIC_BYTES = 48;

    private final String noun;
    private final Function<String, T> newTopic;
    private final BoundedCount account;

    /** What a stream has of a topic. */
    private final int watchBytes;

    private final TopicTable<T> topics = new TopicTable<>();
    private final Set<FanoutStream<T, E, ?, ?>> streams = Collections.newSetFromMap(new IdentityHashMap<>());
    private Freshness freshness = Freshness.DOWN;
    private @Nullable Listener<T> listener;
    private volatile @Nullable EnumCounter<StreamEvent> counter;

    /**
     * @param noun what a topic is, in the names of fields and in errors
     * @param watchBytes what a stream has of each topic, such as {@link ConflatingOutbox#BYTES_PER_TOPIC}
     */
    public Hub(String noun, Function<String, T> newTopic, int watchBytes, StreamMemory memory) {
        this.noun = noun;
        this.newTopic = newTopic;
        this.watchBytes = watchBytes;
        this.account = memory.watches();
    }

    /** Counts the events of the streams that open from now on, and the topics. */
    public void measure(FanoutMetrics metrics, String feature) {
        counter = metrics.of(feature, this::topicCount);
    }

    @Nullable
    EnumCounter<StreamEvent> counter() {
        return counter;
    }

    String noun() {
        return noun;
    }

    synchronized void setListener(Listener<T> only) {
        listener = only;
    }

    boolean admitStream() {
        return account.tryReserve(STREAM_BYTES);
    }

    void releaseStream() {
        account.release(STREAM_BYTES);
    }

    OverloadedException overloaded(long bytes) {
        return new OverloadedException("the streams hold " + account.reserved() + " of " + account.limit()
                + " bytes, and this request adds " + bytes);
    }

    /**
     * Removes topics from a stream, then adds others.
     *
     * @throws InvalidFieldException if the stream has too many
     * @throws OverloadedException if all streams together have too many
     * @throws QuotaExceededException if those of the caller have too many
     */
    synchronized void update(FanoutStream<T, E, ?, ?> stream, Set<String> removed, Set<String> added) {
        if (streams.add(stream)) {
            stream.onFreshness(freshness);
        }
        if (stream.isClosed()) {
            streams.remove(stream);
            return;
        }
        remove(stream, removed);
        reserve(stream, added);
        List<T> topicsAdded = new ArrayList<>(added.size());
        for (String id : added) {
            T topic = topics.get(id);
            if (topic == null) {
                topic = newTopic.apply(id);
                topics.add(topic);
            }
            if (!stream.watches(topic)) {
                topic.add(stream);
            }
            topicsAdded.add(topic);
        }
        stream.add(topicsAdded);
        if (listener != null && !added.isEmpty()) {
            listener.onAdded(topicsAdded);
        }
    }

    private void remove(FanoutStream<T, E, ?, ?> stream, Set<String> ids) {
        List<T> watched = new ArrayList<>();
        for (String id : ids) {
            T topic = topics.get(id);
            if (topic != null && stream.watches(topic)) {
                watched.add(topic);
            }
        }
        if (!watched.isEmpty()) {
            stream.remove(watched);
            unwatch(stream, watched);
        }
    }

    private void reserve(FanoutStream<T, E, ?, ?> stream, Set<String> ids) {
        long bytes = 0;
        int fresh = 0;
        for (String id : ids) {
            T topic = topics.get(id);
            if (topic == null) {
                bytes += TOPIC_BYTES + Topic.bytes(id);
            }
            if (topic == null || !stream.watches(topic)) {
                bytes += watchBytes;
                fresh++;
            }
        }
        int total = stream.size() + fresh;
        if (total > MAX_IDS_PER_STREAM) {
            throw new InvalidFieldException(
                    "add_" + noun + "_ids",
                    total + " " + noun + "s",
                    "up to " + MAX_IDS_PER_STREAM + " " + noun + "s a stream");
        }
        if (!account.tryReserve(bytes)) {
            throw overloaded(bytes);
        }
        StreamShare share = stream.share();
        if (share != null) {
            try {
                share.reserveIds(fresh);
            } catch (QuotaExceededException e) {
                account.release(bytes);
                throw e;
            }
        }
    }

    private void unwatch(FanoutStream<T, E, ?, ?> stream, List<T> watched) {
        List<T> unwatched = new ArrayList<>();
        long bytes = 0;
        for (T topic : watched) {
            topic.remove(stream);
            bytes += watchBytes;
            if (!topic.isWatched()) {
                topics.remove(topic);
                bytes += TOPIC_BYTES + Topic.bytes(topic.id());
                topic.onUnwatched();
                unwatched.add(topic);
            }
        }
        account.release(bytes);
        StreamShare share = stream.share();
        if (share != null) {
            share.watchedIds().release(watched.size());
        }
        if (listener != null && !unwatched.isEmpty()) {
            listener.onUnwatched(unwatched);
        }
    }

    synchronized void close(FanoutStream<T, E, ?, ?> stream) {
        if (streams.remove(stream)) {
            List<T> watched = new ArrayList<>(stream.size());
            stream.forEachTopic(watched::add);
            unwatch(stream, watched);
        }
    }

    /** The topic, or null if no stream watches it. */
    public synchronized @Nullable T find(String id) {
        return topics.get(id);
    }

    public synchronized void forEachTopic(Consumer<T> action) {
        topics.forEach(action);
    }

    synchronized int topicCount() {
        return topics.size();
    }

    /** Changes the state of a topic if it is watched, and offers the event to its streams if the change returns true. */
    public void change(String id, Predicate<T> change, E event) {
        T topic;
        synchronized (this) {
            topic = topics.get(id);
            if (topic == null || !change.test(topic)) {
                return;
            }
        }
        offer(topic, event);
    }

    /** Offers an event to the streams of a topic. */
    public void offer(T topic, E event) {
        offer(topic, event, FanoutStream::signal);
    }

    /** @param signal receives each stream that is to be signalled, perhaps after the events of other topics */
    @SuppressWarnings("unchecked") // update() adds none but these to a topic
    void offer(T topic, E event, Consumer<FanoutStream<T, E, ?, ?>> signal) {
        topic.forEachStream(any -> {
            FanoutStream<T, E, ?, ?> stream = (FanoutStream<T, E, ?, ?>) any;
            if (stream.offer(topic, event)) {
                signal.accept(stream);
            }
        });
    }

    /** Passes it to all streams, also if it repeats. */
    public synchronized void setFreshness(Freshness next) {
        freshness = next;
        List.copyOf(streams).forEach(stream -> stream.onFreshness(next)); // a stream may close itself
    }

    /** Messages that streams were to receive may be lost. */
    public synchronized void onLoss() {
        if (freshness != Freshness.DOWN) {
            Freshness present = freshness;
            setFreshness(Freshness.PROBING);
            setFreshness(present);
        }
    }

    /** Evicts older messages from all streams. Returns the number of the oldest message that is left. */
    synchronized long evictBefore(long number) {
        long oldest = Long.MAX_VALUE;
        for (FanoutStream<T, E, ?, ?> stream : streams) {
            oldest = Math.min(oldest, stream.evictBefore(number));
        }
        return oldest;
    }

    public synchronized Freshness freshness() {
        return freshness;
    }
}

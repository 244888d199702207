package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads the states of the topics of a {@link Hub} from Redis: those that a stream adds, those that are requested, and all of
 * them for a resync. Reads in flight are bounded, and reads of one topic are at least 50 ms apart: requests in between
 * collapse into one read. So neither many topics nor a busy one flood Redis. A read that fails is repeated until it
 * succeeds, and while Redis is unavailable no read starts.
 *
 * @param <S> the state of a topic, as it is read
 */
public final class SnapshotReader<T extends Topic, S> implements Hub.Listener<T> {

    /** What a feature reads. */
    public interface Source<T, S> {

        /** Reads the states in order, or fails as a whole. */
        CompletableFuture<List<S>> read(List<String> ids);

        /** Applies a state that was read. Returns whether the streams of the topic have to be sent another one. */
        boolean apply(T topic, S state);
    }

    private static final Duration COOLDOWN = Duration.ofMillis(50);
    private static final Duration COOLDOWN_AFTER_FAILURE = Duration.ofMillis(250);

    private static final int QUEUED = 1;

    /** A read is in flight, or ended less than a cooldown ago. */
    private static final int BUSY = 2;

    /** Requested while it is busy. */
    private static final int REQUESTED_AGAIN = 4;

    /** Not read since the resync began. */
    private static final int UNREAD = 8;

    /** Some of its streams wait for the next read. */
    private static final int AWAITED = 16;

    /** Some of its streams wait for the read in flight. */
    private static final int IN_FLIGHT_AWAITED = 32;

    private final Hub<T, ReadStep> hub;
    private final Source<T, S> source;
    private final DaemonScheduler thread;
    private final int maxBatch;
    private final int maxInFlight;

    // Everything below, and the flags of the topics, is guarded by the monitor of the hub.
    private final Queue<T> queue = new ArrayDeque<>();
    private int inFlight;
    private boolean paused = true;
    private boolean startScheduled;

    /** A read that started before the last outage or resync proves nothing. */
    private int epoch;

    private boolean resyncing;
    private int unread;

    /**
     * @param thread runs all reads and applies their results
     * @param maxBatch the topics of one read
     * @param maxInFlight the reads at a time
     */
    public SnapshotReader(
            Hub<T, ReadStep> hub, Source<T, S> source, DaemonScheduler thread, int maxBatch, int maxInFlight) {
        this.hub = hub;
        this.source = source;
        this.thread = thread;
        this.maxBatch = maxBatch;
        this.maxInFlight = maxInFlight;
        hub.setListener(this);
    }

    /** Reads a topic if it is watched. */
    public void request(String id) {
        synchronized (hub) {
            T topic = hub.find(id);
            if (topic != null) {
                enqueue(topic);
            }
        }
    }

    /** Reads all topics. */
    public void requestAll() {
        synchronized (hub) {
            hub.forEachTopic(this::enqueue);
        }
    }

    /** Redis is unavailable: starts no more reads, and discards the results of those in flight. */
    public void pause() {
        synchronized (hub) {
            paused = true;
            epoch++;
        }
    }

    /** Redis is available. */
    public void resume() {
        synchronized (hub) {
            paused = false;
            scheduleStart();
        }
    }

    /** Makes the hub {@link Freshness#DOWN}. */
    public void invalidate() {
        synchronized (hub) {
            resyncing = false;
            epoch++;
            hub.setFreshness(Freshness.DOWN);
        }
    }

    /** Reads all topics, and makes the hub {@link Freshness#LIVE} once each was read. */
    public void resync() {
        synchronized (hub) {
            epoch++;
            resyncing = true;
            unread = hub.topicCount();
            hub.setFreshness(Freshness.RESYNCING);
            hub.forEachTopic(topic -> {
                topic.set(UNREAD);
                enqueue(topic);
            });
            endResyncIfComplete();
        }
    }

    @Override
    public void onAdded(List<T> topics) {
        for (T topic : topics) {
            topic.set(AWAITED);
            enqueue(topic);
        }
    }

    @Override
    public void onUnwatched(List<T> topics) {
        boolean queued = false;
        for (T topic : topics) {
            queued |= topic.has(QUEUED);
            markRead(topic);
        }
        if (queued) {
            queue.removeIf(topic -> !topic.isWatched());
        }
        endResyncIfComplete();
    }

    private void enqueue(T topic) {
        if (topic.has(BUSY)) {
            topic.set(REQUESTED_AGAIN);
        } else if (!topic.has(QUEUED)) {
            topic.set(QUEUED);
            queue.add(topic);
            scheduleStart();
        }
    }

    private void scheduleStart() {
        if (!startScheduled) {
            startScheduled = true;
            thread.execute(this::startReads);
        }
    }

    private void startReads() {
        for (List<T> batch = takeBatch(); !batch.isEmpty(); batch = takeBatch()) {
            start(batch);
        }
    }

    private List<T> takeBatch() {
        synchronized (hub) {
            startScheduled = false;
            List<T> batch = new ArrayList<>();
            if (paused || inFlight == maxInFlight) {
                return batch;
            }
            while (batch.size() < maxBatch && !queue.isEmpty()) {
                T topic = queue.remove();
                if (topic.has(AWAITED)) {
                    topic.set(IN_FLIGHT_AWAITED);
                    hub.offer(topic, ReadStep.STARTED);
                }
                topic.clear(QUEUED | AWAITED);
                topic.set(BUSY);
                batch.add(topic);
            }
            inFlight += batch.isEmpty() ? 0 : 1;
            return batch;
        }
    }

    private void start(List<T> batch) {
        int startedIn = epoch();
        Futures.ignore(
                CompletableFuture.completedFuture(batch.stream().map(Topic::id).toList())
                        .thenCompose(source::read) // so that an exception is a failure
                        .whenCompleteAsync((states, failure) -> onDone(batch, startedIn, states, failure), thread));
    }

    private int epoch() {
        synchronized (hub) {
            return epoch;
        }
    }

    private void onDone(List<T> batch, int startedIn, @Nullable List<S> states, @Nullable Throwable failure) {
        Set<FanoutStream<T, ReadStep, ?, ?>> streams = new HashSet<>();
        synchronized (hub) {
            inFlight--;
            boolean isCurrent = startedIn == epoch;
            List<S> read = isCurrent ? states : null;
            boolean succeeded = false;
            try {
                for (int i = 0; i < batch.size(); i++) {
                    T topic = batch.get(i);
                    if (read != null && topic.isWatched() && source.apply(topic, read.get(i))) {
                        hub.offer(topic, ReadStep.CHANGED, streams::add);
                    }
                    if (read != null || (isCurrent && isRejected(failure))) {
                        markRead(topic);
                    }
                    if (topic.has(IN_FLIGHT_AWAITED)) {
                        topic.clear(IN_FLIGHT_AWAITED);
                        topic.set(read != null ? 0 : AWAITED);
                        hub.offer(topic, read != null ? ReadStep.SUCCEEDED : ReadStep.FAILED, streams::add);
                    }
                }
                succeeded = read != null;
            } finally { // an exception must not end the reads of these topics
                cooldown(batch, failure == null ? COOLDOWN : COOLDOWN_AFTER_FAILURE, succeeded);
            }
            endResyncIfComplete();
        }
        streams.forEach(FanoutStream::signal); // once each, so that the states of a read are one event
        startReads();
    }

    /** A topic whose keys Redis rejects, such as keys of another type, must not delay the end of a resync. */
    private static boolean isRejected(@Nullable Throwable failure) {
        return failure != null && Futures.unwrap(failure) instanceof RedisRejectedException;
    }

    private void cooldown(List<T> batch, Duration pause, boolean succeeded) {
        thread.runAfter(pause, () -> onCooledDown(batch, succeeded));
    }

    private void onCooledDown(List<T> batch, boolean succeeded) {
        synchronized (hub) {
            for (T topic : batch) {
                boolean again = !succeeded || topic.has(REQUESTED_AGAIN);
                topic.clear(BUSY | REQUESTED_AGAIN);
                if (again && topic.isWatched()) {
                    enqueue(topic);
                }
            }
        }
    }

    private void markRead(T topic) {
        if (topic.has(UNREAD)) {
            topic.clear(UNREAD);
            unread--;
        }
    }

    private void endResyncIfComplete() {
        if (resyncing && unread == 0) {
            resyncing = false;
            hub.setFreshness(Freshness.LIVE);
        }
    }
}

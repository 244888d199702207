package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.Watch;
import io.flowhub.ephemeral.client.WatchListener;
import io.flowhub.ephemeral.client.internal.GuardedCallback;
import io.flowhub.ephemeral.client.internal.stream.StreamRegistry;
import io.flowhub.ephemeral.client.internal.stream.StreamThread;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Common to all watches: sends the ids on each stream, and decides when the delivered state is stale.
 *
 * @param <Q> the request
 * @param <R> the response
 * @param <S> the state of one id, compared to deliver changes only
 */
abstract class WatchSupport<Q, R, S> implements Watch {

    static final long NO_VERSION = 0;

    private final WatchListener listener;
    private final StreamThread thread;
    private final WatchSet<S> ids = new WatchSet<>();
    private final HandOver<Q, R> streams;

    /** Whether a task to send changes is already queued on the thread of the streams. */
    private final AtomicBoolean isChangeQueued = new AtomicBoolean();

    // Confined to the thread of the streams.
    private boolean isConnected;
    private boolean wasConnected;
    private boolean isStale;

    WatchSupport(StreamRegistry registry, MethodDescriptor<Q, R> method, WatchListener listener) {
        this.listener = listener;
        this.thread = registry.newThread(method.getBareMethodName());
        this.streams = new HandOver<>(
                this,
                handOver -> new WatchStream<>(
                        thread.newStream(method), ids, change -> request(change.added(), change.removed()), handOver));
    }

    /** Not in the constructor, so that the thread of the stream reads the complete object. */
    final void start() {
        streams.start();
    }

    abstract Q request(List<String> added, List<String> removed);

    abstract void onEvent(WatchStream<?, ?> from, R response);

    /** Whether what happens while the watch is stale is lost; else the states are delivered afterwards. */
    boolean losesEventsWhileStale() {
        return false;
    }

    /** The first message after a reconnect follows. */
    void onReconnected() {}

    @Override
    public final void add(Collection<String> added) {
        ids.add(added);
        queueChange();
    }

    @Override
    public final void remove(Collection<String> removed) {
        ids.remove(removed);
        queueChange();
    }

    @Override
    public final void close() {
        thread.close();
    }

    final boolean isWatched(String id) {
        return ids.contains(id);
    }

    /** Acknowledges an id. Returns whether it is still watched and its state differs from the one delivered last. */
    final boolean changed(WatchStream<?, ?> from, String id, S state, long version) {
        from.ids.acknowledge(id);
        boolean isOutdated = streams.isSuperseded(from, id) || (streams.isUnderWay() && ids.isOlder(id, version));
        return !isOutdated && ids.update(id, state, version);
    }

    /** Returns whether the id is still watched and its state differs from the one delivered last. */
    final boolean changed(String id, S state) {
        return ids.update(id, state, NO_VERSION);
    }

    final void deliver(Runnable callback) {
        if (!thread.isClosed()) {
            GuardedCallback.run(callback);
        }
    }

    /** Runs an event of a stream at its place in the order, unless the other stream delivers the same. */
    final void pass(WatchStream<?, ?> from, Runnable event) {
        if (!streams.isCovered(from)) {
            streams.inOrder(from, event);
        }
    }

    final void onSubscribed(WatchStream<?, ?> from, Collection<String> acknowledged, Runnable event) {
        acknowledged.forEach(from.ids::acknowledge);
        streams.inOrder(from, event);
    }

    final void onRedisUnavailable(WatchStream<?, ?> from) {
        from.isRedisUnavailable = true;
        pass(from, () -> {
            if (from.isRedisUnavailable || losesEventsWhileStale()) {
                markStale();
            }
        });
    }

    final void onRedisAvailable(WatchStream<?, ?> from) {
        from.isRedisUnavailable = false;
        pass(from, this::resyncIfUpToDate);
    }

    final void onDraining(WatchStream<?, ?> from, com.google.protobuf.Duration timeLeft) {
        streams.onDraining(from, Duration.ofSeconds(timeLeft.getSeconds(), timeLeft.getNanos()));
    }

    final void onMessage(WatchStream<?, ?> from, R message) {
        onEvent(from, message);
        resyncIfUpToDate();
    }

    /** The current stream received its first message, or another one has replaced it. */
    final void onConnected() {
        if (!isConnected) {
            isConnected = true;
            deliver(listener::connected);
            if (wasConnected) {
                onReconnected();
            }
            wasConnected = true;
        }
    }

    final void onDisconnected(Throwable cause) {
        isConnected = false;
        deliver(() -> listener.disconnected(cause));
        markStale();
    }

    /** Each next state of an id counts as changed. */
    final void forgetStates() {
        ids.forgetStates();
    }

    /** Returns false if the stream did not receive changes before. */
    final boolean detach(StreamIds stream) {
        return ids.detach(stream);
    }

    final void schedule(Duration wait, Runnable task) {
        thread.schedule(wait, task);
    }

    private void markStale() {
        if (!isStale) {
            isStale = true;
            deliver(listener::stale);
        }
    }

    final void resyncIfUpToDate() {
        if (isStale && isConnected && streams.isUpToDate()) {
            isStale = false;
            deliver(listener::resynced);
        }
    }

    private void queueChange() {
        if (isChangeQueued.compareAndSet(false, true)) {
            thread.execute(() -> {
                isChangeQueued.set(false);
                streams.sendChanges();
                resyncIfUpToDate();
            });
        }
    }
}

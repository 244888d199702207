package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.Watch;
import io.flowhub.ephemeral.client.WatchListener;
import io.flowhub.ephemeral.client.internal.GuardedCallback;
import io.flowhub.ephemeral.client.internal.stream.ReconnectingStream;
import io.flowhub.ephemeral.client.internal.stream.StreamListener;
import io.flowhub.ephemeral.client.internal.stream.StreamRegistry;
import io.grpc.MethodDescriptor;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Common to all watches: sends the ids again on each new stream, and decides when the delivered state is stale.
 *
 * @param <Q> the request
 * @param <R> the response
 * @param <S> the state of one id, compared to deliver changes only
 */
abstract class WatchSupport<Q, R, S> implements Watch {

    private final WatchListener listener;
    private final ReconnectingStream<Q, R> stream;
    private final WatchSet<S> ids = new WatchSet<>();

    /** Whether a task to send changes is already queued on the thread of the stream. */
    private final AtomicBoolean isChangeQueued = new AtomicBoolean();

    // Confined to the thread of the stream.
    private boolean isConnected;
    private boolean isRedisUnavailable;
    private boolean isStale;

    WatchSupport(StreamRegistry streams, MethodDescriptor<Q, R> method, WatchListener listener) {
        this.listener = listener;
        this.stream = streams.add(method);
    }

    /** Not in the constructor, so that the thread of the stream reads the complete object. */
    final void start() {
        stream.start(new StreamCallbacks());
    }

    abstract Q request(List<String> added, List<String> removed);

    abstract void onEvent(R response);

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
        stream.close();
    }

    /** Acknowledges an id. Returns whether it is still watched. */
    final boolean isWatched(String id) {
        return ids.acknowledge(id);
    }

    /** Acknowledges an id. Returns whether it is still watched and its state differs from the one delivered last. */
    final boolean changed(String id, S state) {
        return ids.update(id, state);
    }

    final void deliver(Runnable callback) {
        if (!stream.isClosed()) {
            GuardedCallback.run(callback);
        }
    }

    final void onRedisUnavailable() {
        isRedisUnavailable = true;
        markStale();
    }

    final void onRedisAvailable() {
        isRedisUnavailable = false;
    }

    private void queueChange() {
        if (isChangeQueued.compareAndSet(false, true)) {
            stream.execute(() -> {
                isChangeQueued.set(false);
                sendChanges();
                resyncIfAcknowledged();
            });
        }
    }

    private void sendChanges() {
        while (stream.isReady()) {
            WatchSet.Change next = ids.next();
            if (next == null) {
                return;
            }
            stream.send(request(next.added(), next.removed()));
        }
    }

    private void markStale() {
        if (!isStale) {
            isStale = true;
            deliver(listener::stale);
        }
    }

    private void resyncIfAcknowledged() {
        if (isStale && isConnected && !isRedisUnavailable && ids.isAcknowledged()) {
            isStale = false;
            deliver(listener::resynced);
        }
    }

    private final class StreamCallbacks implements StreamListener<R> {

        private boolean wasConnected;

        @Override
        public void onOpen() {
            ids.reset();
        }

        @Override
        public void onReady() {
            sendChanges();
        }

        @Override
        public void onConnected() {
            isConnected = true;
            deliver(listener::connected);
            if (wasConnected) {
                onReconnected();
            }
            wasConnected = true;
        }

        @Override
        public void onMessage(R message) {
            onEvent(message);
            resyncIfAcknowledged();
        }

        @Override
        public void onBreak(Throwable cause) {
            isConnected = false;
            isRedisUnavailable = false; // The next server reports the state of its own Redis connection.
            deliver(() -> listener.disconnected(cause));
            markStale();
        }
    }
}

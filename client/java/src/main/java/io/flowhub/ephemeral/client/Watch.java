package io.flowhub.ephemeral.client;

import io.grpc.MethodDescriptor;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the watches have in common: the list of what is watched, which the server hears of again on each new stream, and
 * when what was told is to be relied on. {@code S} is what is remembered to tell differences only.
 */
abstract class Watch<Q, R, S> implements AutoCloseable {

    private final WatchListener listener;
    private final ReconnectingStream<Q, R> stream;
    private final Roster<S> roster = new Roster<>();

    /** Somebody has been added or removed since the thread of the stream looked. */
    private final AtomicBoolean isChanged = new AtomicBoolean();

    // On the thread of the stream only.
    private boolean isConnected;
    private boolean isRedisAway;
    private boolean isStale;

    Watch(Streams streams, MethodDescriptor<Q, R> method, WatchListener listener) {
        this.listener = listener;
        this.stream = streams.add(method, new Conversation());
    }

    /** Not in the constructor: the thread of the stream shall see the whole object. */
    final void start() {
        stream.start();
    }

    abstract Q request(List<String> added, List<String> removed);

    abstract void heard(R message);

    /** The first stream after one that broke was heard of. */
    void reconnected() {}

    /** As {@link #add(Collection)}, of one. */
    public final void add(String id) {
        add(List.of(id));
    }

    /**
     * Watches these too. What is watched already stays so.
     *
     * @param ids each 1 to 128 bytes of UTF-8; no {@code :}, <code>{</code>, <code>}</code>, white space or control
     *     characters
     * @throws IllegalArgumentException if one of them is not like this
     * @throws IllegalStateException if there would be more than 20,000; none is added then
     */
    public final void add(Collection<String> ids) {
        roster.add(ids);
        change();
    }

    /** As {@link #remove(Collection)}, of one. */
    public final void remove(String id) {
        remove(List.of(id));
    }

    /** Watches these no more. A callback under way at this moment may still come. */
    public final void remove(Collection<String> ids) {
        roster.remove(ids);
        change();
    }

    /** Ends the watch without waiting for it: a callback under way goes on, no other comes after it. */
    @Override
    public final void close() {
        stream.close();
    }

    final boolean isWanted(String id) {
        return roster.hear(id);
    }

    final boolean isNews(String id, S state) {
        return roster.hear(id, state);
    }

    final void tell(Runnable callback) {
        if (!stream.isClosed()) {
            Callback.run(callback);
        }
    }

    final void redisAway() {
        isRedisAway = true;
        becomeStale();
    }

    final void redisBack() {
        isRedisAway = false;
    }

    private void change() {
        if (isChanged.compareAndSet(false, true)) {
            stream.execute(() -> {
                isChanged.set(false);
                sendChanges();
                resyncIfAllIsHeard();
            });
        }
    }

    private void sendChanges() {
        while (stream.isReady()) {
            Roster.Change next = roster.next();
            if (next == null) {
                return;
            }
            stream.send(request(next.added(), next.removed()));
        }
    }

    private void becomeStale() {
        if (!isStale) {
            isStale = true;
            tell(listener::stale);
        }
    }

    private void resyncIfAllIsHeard() {
        if (isStale && isConnected && !isRedisAway && roster.isHeard()) {
            isStale = false;
            tell(listener::resynced);
        }
    }

    private final class Conversation implements ReconnectingStream.Talk<R> {

        private boolean isAgain;

        @Override
        public void onOpen() {
            roster.startAnew();
        }

        @Override
        public void onReady() {
            sendChanges();
        }

        @Override
        public void onConnected() {
            isConnected = true;
            tell(listener::connected);
            if (isAgain) {
                reconnected();
            }
            isAgain = true;
        }

        @Override
        public void onMessage(R message) {
            heard(message);
            resyncIfAllIsHeard();
        }

        @Override
        public void onBreak(Throwable cause) {
            isConnected = false;
            isRedisAway = false; // The next server says how it is there.
            tell(() -> listener.disconnected(cause));
            becomeStale();
        }
    }
}

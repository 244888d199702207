package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.rpc.IdValidator;
import io.flowhub.ephemeral.server.rpc.StreamHandler;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An open stream whose requests add and remove topics. Of its requests one is handled at a time, and the next one is read
 * when its {@link Outbox} is ready for it. The hub calls it while it holds its own monitor, and never the other way round.
 *
 * @param <E> what the hub offers to the streams of a topic
 */
public abstract class FanoutStream<T extends Topic, E, Q, R> implements StreamHandler<Q, R> {

    private static final int MAX_IDS_PER_MESSAGE = 1_000;

    private final Hub<T, E> hub;
    private final Outbound outbound;
    private final Outbox<T, E, R> outbox;

    /** Of the caller; null if the server does not know its callers. */
    private final @Nullable StreamShare share = StreamShare.current();

    /** Whether the hub has memory for this stream. */
    private final boolean admitted;

    /** A request was handled, and the next one is not requested yet. */
    private volatile boolean handled;

    private volatile boolean closed;

    protected FanoutStream(Hub<T, E> hub, Outbound outbound, Outbox<T, E, R> outbox) {
        this.hub = hub;
        this.outbound = outbound;
        this.outbox = outbox;
        outbox.countIn(hub.counter());
        this.admitted = hub.admitStream();
    }

    protected abstract List<String> added(Q request);

    protected abstract List<String> removed(Q request);

    /** Checks the other fields of a request. */
    protected void check(Q request) {}

    @Override
    public final void onMessage(Q request) {
        String noun = hub.noun();
        Set<String> added =
                IdValidator.checkList("add_" + noun + "_ids", added(request), MAX_IDS_PER_MESSAGE, noun + "s");
        Set<String> removed =
                IdValidator.checkList("remove_" + noun + "_ids", removed(request), MAX_IDS_PER_MESSAGE, noun + "s");
        check(request);
        hub.update(this, removed, added);
        handled = true;
        signal();
    }

    private void requestNext() {
        if (!handled) { // nearly always, so that a message takes no monitor for this
            return;
        }
        synchronized (this) {
            if (!handled || !outbox.isReadyForRequest()) {
                return;
            }
            handled = false;
        }
        outbound.requestNext();
    }

    final boolean isClosed() {
        return closed;
    }

    final @Nullable StreamShare share() {
        return share;
    }

    final synchronized int size() {
        return outbox.topics.size();
    }

    final synchronized boolean watches(T topic) {
        return outbox.topics.contains(topic);
    }

    final synchronized void add(List<T> topics) {
        outbox.add(topics);
    }

    final synchronized void remove(List<T> topics) {
        outbox.remove(topics);
    }

    final synchronized void forEachTopic(Consumer<T> action) {
        outbox.topics.forEach(action);
    }

    /** Returns whether the stream is to be signalled. */
    final synchronized boolean offer(T topic, E event) {
        return outbox.offer(topic, event);
    }

    final void signal() {
        outbound.signal();
        requestNext();
    }

    final synchronized long evictBefore(long number) {
        return outbox.evictBefore(number);
    }

    final void onFreshness(Freshness freshness) {
        synchronized (this) {
            outbox.onFreshness(freshness);
        }
        outbound.signal();
    }

    @Override
    public final @Nullable R poll() {
        if (!admitted) {
            throw hub.overloaded(Hub.STREAM_BYTES);
        }
        R next;
        synchronized (this) {
            next = outbox.poll();
            if (next != null) {
                outbox.count(StreamEvent.SENT);
            }
        }
        requestNext();
        return next;
    }

    @Override
    public final void onClosed() {
        closed = true;
        hub.close(this);
        synchronized (this) {
            outbox.close();
        }
        if (admitted) {
            hub.releaseStream();
        }
    }
}

package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.internal.stream.ReconnectingStream;
import io.flowhub.ephemeral.client.internal.stream.StreamListener;
import io.grpc.Deadline;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One stream of a watch: sends the ids, and knows whether its server has them all. Confined to the thread of the stream. */
final class WatchStream<Q, R> implements StreamListener<R> {

    final ReconnectingStream<Q, R> stream;
    final StreamIds ids;

    /** When the stream has to end, once the server has announced it. */
    @Nullable
    Deadline deadline;

    /** Whether a message has arrived. */
    boolean isConnected;

    boolean isRedisUnavailable;

    private final WatchSet<?> watched;
    private final Function<StreamIds.Change, Q> toRequest;
    private final HandOver<Q, R> handOver;
    private boolean isOpen;

    WatchStream(
            ReconnectingStream<Q, R> stream,
            WatchSet<?> watched,
            Function<StreamIds.Change, Q> toRequest,
            HandOver<Q, R> handOver) {
        this.stream = stream;
        this.watched = watched;
        this.toRequest = toRequest;
        this.handOver = handOver;
        this.ids = watched.newStream();
    }

    /** Whether the server is able to send each change, and has sent something about each id. */
    boolean isUpToDate() {
        return isOpen && !isRedisUnavailable && ids.isAwaitOver();
    }

    void sendChanges() {
        while (stream.isReady()) {
            StreamIds.Change next = ids.next();
            if (next == null) {
                return;
            }
            stream.send(toRequest.apply(next));
        }
    }

    @Override
    public void onOpen() {
        isOpen = true;
        watched.reset(ids);
    }

    @Override
    public void onReady() {
        sendChanges();
        handOver.advance();
    }

    @Override
    public void onConnected() {
        isConnected = true;
        handOver.onConnected(this);
    }

    @Override
    public void onMessage(R message) {
        handOver.onMessage(this, message);
    }

    @Override
    public void onBreak(Throwable cause) {
        isOpen = false;
        isConnected = false;
        isRedisUnavailable = false; // The next server reports the state of its own Redis connection.
        deadline = null;
        watched.reset(ids); // Also here: no id is acknowledged any more.
        handOver.onBreak(this, cause);
    }

    @Override
    public void onFinished() {
        handOver.onFinished();
    }
}

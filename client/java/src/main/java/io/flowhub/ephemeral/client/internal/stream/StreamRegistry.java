package io.flowhub.ephemeral.client.internal.stream;

import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open streams of a client, which are closed with it. Thread-safe. */
public final class StreamRegistry {

    private final Channel channel;
    private final Set<ReconnectingStream<?, ?>> open = ConcurrentHashMap.newKeySet();
    private volatile boolean isClosed;

    public StreamRegistry(Channel channel) {
        this.channel = channel;
    }

    /**
     * A stream that is not started yet.
     *
     * @throws IllegalStateException after {@link #close}
     */
    public <Q, R> ReconnectingStream<Q, R> add(MethodDescriptor<Q, R> method) {
        ReconnectingStream<Q, R> stream = new ReconnectingStream<>(channel, method, open::remove);
        open.add(stream);
        if (isClosed) {
            stream.close();
            throw new IllegalStateException("the client is closed");
        }
        return stream;
    }

    public void close() {
        isClosed = true;
        open.forEach(ReconnectingStream::close);
    }
}

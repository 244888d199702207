package io.flowhub.ephemeral.client;

import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open streams of a client, which end with it. */
final class Streams {

    private final Channel channel;
    private final Set<ReconnectingStream<?, ?>> open = ConcurrentHashMap.newKeySet();
    private volatile boolean isClosed;

    Streams(Channel channel) {
        this.channel = channel;
    }

    /** @throws IllegalStateException after {@link #close}: there is nothing to connect to any more */
    <Q, R> ReconnectingStream<Q, R> add(MethodDescriptor<Q, R> method, ReconnectingStream.Talk<R> talk) {
        ReconnectingStream<Q, R> stream = new ReconnectingStream<>(channel, method, talk, open::remove);
        open.add(stream);
        if (isClosed) {
            stream.close();
            throw new IllegalStateException("the client is closed");
        }
        return stream;
    }

    void close() {
        isClosed = true;
        open.forEach(ReconnectingStream::close);
    }
}

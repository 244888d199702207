package io.flowhub.ephemeral.client.internal.stream;

import io.grpc.Channel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open handles of a client, which are closed with it. Thread-safe. */
public final class StreamRegistry {

    private final Channel channel;
    private final Set<StreamThread> open = ConcurrentHashMap.newKeySet();
    private volatile boolean isClosed;

    public StreamRegistry(Channel channel) {
        this.channel = channel;
    }

    /**
     * A thread for the streams of a new handle.
     *
     * @throws IllegalStateException after {@link #close}
     */
    public StreamThread newThread(String name) {
        StreamThread thread = new StreamThread(channel, name, open::remove);
        open.add(thread);
        if (isClosed) {
            thread.close();
            throw new IllegalStateException("the client is closed");
        }
        return thread;
    }

    public void close() {
        isClosed = true;
        open.forEach(StreamThread::close);
    }
}

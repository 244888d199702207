package io.flowhub.ephemeral.client.internal.heartbeat;

import io.flowhub.ephemeral.client.Heartbeats;
import io.flowhub.ephemeral.client.HeartbeatsListener;
import io.flowhub.ephemeral.client.internal.UnaryFuture;
import io.flowhub.ephemeral.client.internal.stream.ReconnectingStream;
import io.flowhub.ephemeral.client.internal.stream.StreamRegistry;
import io.flowhub.ephemeral.client.internal.stream.StreamThread;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.SetOfflineResponse;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** {@link Heartbeats} on one stream: passes each call to the {@link HeartbeatLoop} on the thread of the stream. */
public final class StreamingHeartbeats implements Heartbeats {

    private static final String NO_CONNECTION = "";

    private final StreamThread thread;
    private final ReconnectingStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream;
    private final HeartbeatLoop loop;

    /**
     * Opens the stream.
     *
     * @throws IllegalStateException if the client is closed
     */
    public static Heartbeats start(StreamRegistry streams, Channel channel, HeartbeatsListener listener) {
        StreamingHeartbeats heartbeats = new StreamingHeartbeats(streams, channel, listener);
        heartbeats.stream.start(heartbeats.loop);
        heartbeats.thread.repeat(HeartbeatLoop.TICK, heartbeats.loop::tick);
        return heartbeats;
    }

    private StreamingHeartbeats(StreamRegistry streams, Channel channel, HeartbeatsListener listener) {
        MethodDescriptor<StreamHeartbeatsRequest, StreamHeartbeatsResponse> method =
                PresenceServiceGrpc.getStreamHeartbeatsMethod();
        this.thread = streams.newThread(method.getBareMethodName());
        this.stream = thread.newStream(method);
        this.loop = new HeartbeatLoop(
                stream, key -> setOffline(channel, key), listener, System::nanoTime, new SplittableRandom());
    }

    @Override
    public void add(String userId) {
        add(userId, NO_CONNECTION);
    }

    @Override
    public void add(String userId, String connectionId) {
        execute(loop::add, userId, connectionId);
    }

    @Override
    public void remove(String userId) {
        remove(userId, NO_CONNECTION);
    }

    @Override
    public void remove(String userId, String connectionId) {
        execute(loop::remove, userId, connectionId);
    }

    @Override
    public void stop(String userId) {
        stop(userId, NO_CONNECTION);
    }

    @Override
    public void stop(String userId, String connectionId) {
        execute(loop::stop, userId, connectionId);
    }

    @Override
    public CompletableFuture<Void> removeAll() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        thread.execute(() -> loop.removeAll(done));
        if (thread.isClosed()) {
            done.complete(null);
        }
        return done;
    }

    @Override
    public void close() {
        thread.close();
    }

    private void execute(Consumer<HeartbeatKey> action, String userId, String connectionId) {
        HeartbeatKey key = new HeartbeatKey(userId, connectionId);
        thread.execute(() -> action.accept(key));
    }

    private static CompletableFuture<SetOfflineResponse> setOffline(Channel channel, HeartbeatKey key) {
        UnaryFuture<SetOfflineResponse> response = new UnaryFuture<>();
        PresenceServiceGrpc.newStub(channel)
                .setOffline(
                        SetOfflineRequest.newBuilder()
                                .setUserId(key.userId())
                                .setConnectionId(key.connectionId())
                                .build(),
                        response);
        return response;
    }
}

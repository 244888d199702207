package io.flowhub.ephemeral.client;

import io.grpc.Channel;
import java.util.concurrent.CompletableFuture;

/**
 * Keeps many users online, such as those whose connections a gateway holds: each has a heartbeat as often as the server
 * asks for, about every 3 seconds, in frames of up to 1,000 on one stream, which is opened anew when it breaks.
 *
 * <p>Users are spread evenly over the interval. After a break all of them have their heartbeat within one interval, the
 * longest without one first. At most 4 frames wait for their answer; a server that is slower gets fewer. Thread-safe.
 */
public final class Heartbeats implements AutoCloseable {

    private static final String NONE = "";

    private final Beating beating;

    static Heartbeats start(Streams streams, Channel channel, HeartbeatsListener listener) {
        Beating beating = new Beating(streams, channel, listener);
        beating.stream().start();
        beating.stream().repeat(Beating.TICK, beating::tick);
        return new Heartbeats(beating);
    }

    private Heartbeats(Beating beating) {
        this.beating = beating;
    }

    /** Keeps a user online, from the next tenth of a second on. */
    public void add(String userId) {
        add(userId, NONE);
    }

    /**
     * Keeps one of a user's connections, and so the user, online, from the next tenth of a second on. To add what is there
     * already changes nothing.
     *
     * @param connectionId which no other connection of his has, anywhere. 1 to 128 bytes of UTF-8; no {@code :},
     *     <code>{</code>, <code>}</code>, white space or control characters, as the user's id
     */
    public void add(String userId, String connectionId) {
        Beat beat = new Beat(userId, connectionId);
        beating.stream().execute(() -> beating.add(beat));
    }

    /** Makes a user offline that was added without a connection. */
    public void remove(String userId) {
        remove(userId, NONE);
    }

    /**
     * Ends one of a user's connections: he is offline if it was the last. If the server cannot be told he goes offline by
     * himself, 10 seconds after his last heartbeat.
     */
    public void remove(String userId, String connectionId) {
        Beat beat = new Beat(userId, connectionId);
        beating.stream().execute(() -> beating.leave(beat));
    }

    /** Stops the heartbeats of a user and lets him go offline by himself, 10 seconds after the last one. */
    public void letExpire(String userId) {
        letExpire(userId, NONE);
    }

    /** As {@link #letExpire(String)}, of one of his connections. */
    public void letExpire(String userId, String connectionId) {
        Beat beat = new Beat(userId, connectionId);
        beating.stream().execute(() -> beating.stop(beat));
    }

    /**
     * Removes all, as {@link #remove} does.
     *
     * @return done when the server has been told or could not be told, or when this is closed
     */
    public CompletableFuture<Void> removeAll() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        beating.stream().execute(() -> beating.leaveAll(done));
        if (beating.stream().isClosed()) {
            done.complete(null);
        }
        return done;
    }

    /**
     * Stops all heartbeats and makes nobody offline: whom no other process keeps online goes offline by himself, 10
     * seconds after the last one. Who shall go at once is removed before, with {@link #removeAll}.
     */
    @Override
    public void close() {
        beating.stream().close();
    }
}

package io.flowhub.ephemeral.client;

import java.util.concurrent.CompletableFuture;

/**
 * Keeps many users online, for example those whose connections a gateway holds. Sends each user's heartbeat as often as
 * the server sets, about every 3 seconds, in frames of up to 1,000 on one stream that reconnects by itself.
 *
 * <p>Heartbeats are spread evenly over the interval. After a reconnect all users get a heartbeat within one interval, the
 * user without one for longest first. At most 4 frames wait for their response, so a slow server receives fewer.
 *
 * <p>Thread-safe. {@link EphemeralClient#heartbeats} makes one; tests of an application can implement it.
 */
public interface Heartbeats extends AutoCloseable {

    /** Keeps a user online, starting within 100 ms. Adding a user that is already there changes nothing. */
    void add(String userId);

    /**
     * Keeps one connection of a user, and so the user, online, starting within 100 ms. Adding a connection that is
     * already there changes nothing.
     *
     * @param userId 1 to 128 bytes of UTF-8; no {@code :}, <code>{</code>, <code>}</code>, white space, control or format characters
     * @param connectionId by the same rule; unique among all connections of the user, on every gateway
     */
    void add(String userId, String connectionId);

    /** Sets a user offline that was added without a connection. */
    void remove(String userId);

    /**
     * Ends one connection of a user: the user is offline if it was the last one. If the call fails, the user goes offline
     * 10 seconds after the last heartbeat.
     */
    void remove(String userId, String connectionId);

    /** Stops the heartbeats of a user. The user goes offline 10 seconds after the last one. */
    void stop(String userId);

    /** Stops the heartbeats of one connection. It ends 10 seconds after the last one. */
    void stop(String userId, String connectionId);

    /**
     * Removes all users and connections, as {@link #remove} does.
     *
     * @return completes when all calls have ended, successfully or not, or when this is closed. Never fails
     */
    CompletableFuture<Void> removeAll();

    /**
     * Stops all heartbeats and sets no user offline: a user that no other process keeps online goes offline 10 seconds
     * after the last heartbeat. To set users offline at once, wait for {@link #removeAll} first.
     */
    @Override
    void close();
}

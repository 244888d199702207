package io.flowhub.ephemeral.client;

/** Hears whether what it was told can be relied on. */
public interface WatchListener extends ConnectionListener {

    /** The server or its Redis is away: nothing is known from here on, and what was told before may be wrong. */
    default void stale() {}

    /** Told after {@link #stale}, when all that changed in between has been told. */
    default void resynced() {}
}

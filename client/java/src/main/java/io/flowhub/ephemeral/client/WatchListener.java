package io.flowhub.ephemeral.client;

/** Receives whether the events of a {@link Watch} are up to date. */
public interface WatchListener extends ConnectionListener {

    /** The server or its Redis is unavailable: what was received may be out of date until {@link #resynced}. */
    default void stale() {}

    /** Follows {@link #stale} after all changes since then have been delivered. */
    default void resynced() {}
}

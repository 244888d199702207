package io.flowhub.ephemeral.client;

/** Hears who of the watched users comes and goes. */
public interface PresenceListener extends WatchListener {

    /** He is online: the first thing told of him, or offline was told before. */
    void online(String userId);

    /** He is offline: the first thing told of him, or online was told before. */
    void offline(String userId);
}

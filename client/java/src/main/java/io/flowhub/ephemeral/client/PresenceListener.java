package io.flowhub.ephemeral.client;

/** Receives the presence of the watched users. */
public interface PresenceListener extends WatchListener {

    /** The user is online: called first with the present state, then after each {@link #offline}. */
    void online(String userId);

    /** The user is offline: called first with the present state, then after each {@link #online}. */
    void offline(String userId);
}

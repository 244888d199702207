package io.flowhub.ephemeral.server.redis;

/** Receives the messages of a channel. Both methods run on a network thread and must be short. */
public interface Subscriber {

    /** Called for each message, at most once. */
    void onMessage(String message);

    /** Messages may have been missed: the subscription is new, was lost, or was restored. */
    void onGap();
}

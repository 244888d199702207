package io.flowhub.ephemeral.server.redis;

/** Who listens to a channel. Both methods run on a network thread and must be short. */
public interface Subscriber {

    /** A message arrived. */
    void onMessage(String message);

    /** Messages may have been missed: the subscription is new, was lost, or is back. */
    void onGap();
}

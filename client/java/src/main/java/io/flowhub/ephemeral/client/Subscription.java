package io.flowhub.ephemeral.client;

/**
 * Receives the messages of rooms. Messages are not stored: those published while the connection is lost are lost, and a
 * gap is delivered before the next message. {@link EphemeralClient#subscribe} makes one; tests of an application can
 * implement it.
 */
public interface Subscription extends Watch {}

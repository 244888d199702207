package io.flowhub.ephemeral.client;

/**
 * Watches whether users are online. After a reconnect only the changes are delivered.
 * {@link EphemeralClient#watchPresence} makes one; tests of an application can implement it.
 */
public interface PresenceWatch extends Watch {}

package io.flowhub.ephemeral.client;

/**
 * Watches the users typing in rooms. After a reconnect only the sets that differ are delivered.
 * {@link EphemeralClient#watchTyping} makes one; tests of an application can implement it.
 */
public interface TypingWatch extends Watch {}

package io.flowhub.ephemeral.server.presence;

/**
 * A user after a check of whether it is still online.
 *
 * @param nextCheckMillis milliseconds until the next check, 0 or more; -2 if the user is offline
 */
record CheckedUser(String userId, long nextCheckMillis) {

    static final long OFFLINE = -2;
}

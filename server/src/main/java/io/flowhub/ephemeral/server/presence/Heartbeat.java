package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.rpc.IdValidator;

/**
 * Who gives a sign of life.
 *
 * @param connectionId empty if none
 */
record Heartbeat(String userId, String connectionId) {

    /** Checks the ids; the names of their fields are for the error. */
    static Heartbeat of(String userField, String userId, String connectionField, String connectionId) {
        IdValidator.check(userField, userId);
        if (!connectionId.isEmpty()) {
            IdValidator.check(connectionField, connectionId);
        }
        return new Heartbeat(userId, connectionId);
    }

    boolean hasConnection() {
        return !connectionId.isEmpty();
    }

    String key() {
        return PresenceKeys.user(userId);
    }

    /** When each connection ends that has not given a sign of life again. */
    String connectionsKey() {
        return PresenceKeys.connections(userId);
    }
}

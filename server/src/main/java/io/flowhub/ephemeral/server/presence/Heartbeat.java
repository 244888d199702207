package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.rpc.IdValidator;

/**
 * The user of a heartbeat and, optionally, one of the user's connections.
 *
 * @param connectionId empty if none
 */
record Heartbeat(String userId, String connectionId) {

    /** Checks the ids of a unary request. */
    static Heartbeat of(String userId, String connectionId) {
        IdValidator.check("user_id", userId);
        if (!connectionId.isEmpty()) {
            IdValidator.check("connection_id", connectionId);
        }
        return new Heartbeat(userId, connectionId);
    }

    boolean hasConnection() {
        return !connectionId.isEmpty();
    }

    String key() {
        return PresenceKeys.user(userId);
    }

    String connectionsKey() {
        return PresenceKeys.connections(userId);
    }
}

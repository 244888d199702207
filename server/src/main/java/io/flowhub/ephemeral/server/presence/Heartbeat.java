package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.rpc.IdValidator;

/**
 * The user of a heartbeat and, optionally, one of the user's connections.
 *
 * @param connectionId empty if none
 */
record Heartbeat(String userId, String connectionId) {

    /** Checks the ids. An error names the given field. */
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

    String connectionsKey() {
        return PresenceKeys.connections(userId);
    }
}

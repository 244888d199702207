package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.redis.KeyNames;
import io.flowhub.ephemeral.server.rpc.Ids;

/**
 * Who gives a sign of life.
 *
 * @param connectionId empty if none
 */
record Beat(String userId, String connectionId) {

    /** Checks the ids; the names of their fields are for the error. */
    static Beat of(String userField, String userId, String connectionField, String connectionId) {
        Ids.check(userField, userId);
        if (!connectionId.isEmpty()) {
            Ids.check(connectionField, connectionId);
        }
        return new Beat(userId, connectionId);
    }

    boolean hasConnection() {
        return !connectionId.isEmpty();
    }

    String key() {
        return KeyNames.presence(userId);
    }

    /** When each connection ends that has not given a sign of life again. */
    String connectionsKey() {
        return KeyNames.beside(key(), "connections");
    }
}

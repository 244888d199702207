package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.ErrorReason;

/**
 * Receives the results of {@link Heartbeats}. A slow listener delays no heartbeat. Of several callbacks about the same
 * user and event that wait for it, only the latest runs.
 */
public interface HeartbeatsListener extends ConnectionListener {

    /** A heartbeat marked this user online. The user was offline before. */
    default void cameOnline(String userId) {}

    /**
     * The server rejected this user's heartbeats permanently; none will be sent until it is added again.
     *
     * @param reason {@link ErrorReason#ERROR_REASON_INVALID_FIELD}. Heartbeats rejected for another reason are retried
     * @param message what is wrong, to log
     */
    default void rejected(String userId, ErrorReason reason, String message) {}
}

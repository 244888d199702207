package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.ErrorReason;

/**
 * Hears what becomes of heartbeats. A listener that is slow holds up nothing but itself, and hears of what waits for it
 * only the latest: of each user that he came online, for example, once.
 */
public interface HeartbeatsListener extends ConnectionListener {

    /** A heartbeat made him online, who was offline before. */
    default void cameOnline(String userId) {}

    /**
     * The server takes no heartbeat of this user, and he is beaten no more.
     *
     * @param reason {@link ErrorReason#ERROR_REASON_INVALID_FIELD}: all others pass, and are tried again
     * @param message for people: what is wrong
     */
    default void refused(String userId, ErrorReason reason, String message) {}
}

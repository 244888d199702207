package io.flowhub.ephemeral.server.presence;

import org.jspecify.annotations.Nullable;

/**
 * The state of a user at a point in time.
 *
 * @param version when the state was read or changed, by the clock of Redis, in microseconds since 1970
 * @param expiresInMillis how long the user stays online without another heartbeat; 0 if offline, and in an announcement
 */
record UserState(String userId, boolean online, long version, long expiresInMillis) {

    private static final String ONLINE = "1";

    /** Parses an announcement of a script: {@code online micros user}. Returns null for a text in another format. */
    static @Nullable UserState parseAnnouncement(String message) {
        String[] parts = message.split(" ", 3);
        if (parts.length < 3) {
            return null;
        }
        try {
            return new UserState(parts[2], parts[0].equals(ONLINE), Long.parseLong(parts[1]), 0);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}

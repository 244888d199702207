package io.flowhub.ephemeral.server.presence;

/**
 * What is known of a user.
 *
 * @param version when that was so, by the clock of Redis, in microseconds since 1970
 * @param leftMillis how long he stays online without another heartbeat, if that was asked; else 0
 */
record UserState(String userId, boolean online, long version, long leftMillis) {

    private static final String ONLINE = "1";

    /** Reads what the scripts announce: {@code online micros user}. */
    static UserState announced(String message) {
        String[] parts = message.split(" ", 3);
        return new UserState(parts[2], parts[0].equals(ONLINE), Long.parseLong(parts[1]), 0);
    }
}

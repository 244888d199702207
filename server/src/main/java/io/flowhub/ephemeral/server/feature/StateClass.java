package io.flowhub.ephemeral.server.feature;

/**
 * The classes of new state that give way before Redis is full, in this order. Rate limits, one-time passwords and what is
 * already stored (heartbeats of users that are online, consumption, removal) have no class: they go on to the last byte.
 */
public enum StateClass {
    CACHE(90, "cached objects are"),
    PRESENCE_AND_TYPING(93, "no further online user, connection or typing user is"),
    FLAGS_AND_TOKENS(96, "flags and tokens are");

    private final int percent;
    private final String subject;

    StateClass(int percent, String subject) {
        this.percent = percent;
        this.subject = subject;
    }

    /** The share of the memory of Redis, in percent, above which this class is not stored. */
    public int percent() {
        return percent;
    }

    /** For statuses and logs. */
    public String message() {
        return this == PRESENCE_AND_TYPING ? subject + " stored" : subject + " not stored";
    }
}

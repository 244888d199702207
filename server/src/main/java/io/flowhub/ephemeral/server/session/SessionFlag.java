package io.flowhub.ephemeral.server.session;

/**
 * A session flag as Redis returned it.
 *
 * @param present whether it is set, or was set until this call consumed it
 * @param value empty if not present
 * @param ttlMillis the remaining time to live; 0 if not present or consumed
 */
record SessionFlag(boolean present, String value, long ttlMillis) {

    @Override
    public String toString() {
        return "SessionFlag[present=" + present + ", value=(redacted), ttlMillis=" + ttlMillis + "]";
    }
}

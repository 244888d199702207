package io.flowhub.ephemeral.server.session;

/**
 * What Redis said of a flag.
 *
 * @param there whether it is set, or was before this call took it
 * @param value empty if it is not there
 * @param leftMillis how long it still lives; 0 if it is not there, or no more
 */
record SessionFlag(boolean there, String value, long leftMillis) {

    @Override
    public String toString() {
        return "SessionFlag[there=" + there + ", value=(not shown), leftMillis=" + leftMillis + "]";
    }
}

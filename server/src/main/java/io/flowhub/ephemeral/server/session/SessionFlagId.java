package io.flowhub.ephemeral.server.session;

/** The name of a session flag, with the user that the session belongs to. */
record SessionFlagId(String userId, String name) {

    String key() {
        return SessionKeys.flag(userId, name);
    }
}

package io.flowhub.ephemeral.server.presence;

/** @param overdueMillis how long the check of the user was due when it was claimed, by the clock of Redis */
record DueUser(String userId, long overdueMillis) {}

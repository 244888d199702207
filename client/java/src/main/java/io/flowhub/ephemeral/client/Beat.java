package io.flowhub.ephemeral.client;

/** Whose heartbeat. The connection is empty if he has none of his own. */
record Beat(String userId, String connectionId) {}

package io.flowhub.ephemeral.client.internal.heartbeat;

/** Identifies one series of heartbeats. The connection is empty for a user without connections. */
record HeartbeatKey(String userId, String connectionId) {}

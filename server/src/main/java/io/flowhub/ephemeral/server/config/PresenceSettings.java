package io.flowhub.ephemeral.server.config;

import java.time.Duration;

/**
 * Who is online.
 *
 * @param ttl how long a user is, after a heartbeat
 */
public record PresenceSettings(Duration ttl) {}

package io.flowhub.ephemeral.server.config;

import java.time.Duration;

/** How the gRPC server listens and stops. */
public record ServerSettings(
        String host,
        int port,
        boolean reflection,
        Duration maxConnectionAge,
        Duration drainDelay,
        Duration drainTimeout) {}

package io.flowhub.ephemeral.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which Redis, and how it is talked to. */
public record RedisSettings(
        Endpoint endpoint,
        Duration timeout,
        Duration connectTimeout,
        int connections,
        int maxQueuedCalls,
        int maxCallsPerScript,
        int maxScriptsInFlight) {

    /** Where Redis is. */
    public sealed interface Endpoint {

        /** For people: what and where, without any password. */
        String describe();
    }

    /** A Redis that the server brings along: started with it, stopped with it, nothing on disk. */
    public record Embedded(DataSize maxMemory) implements Endpoint {
        @Override
        public String describe() {
            return "embedded Redis (" + maxMemory + ", nothing on disk)";
        }
    }

    /** Redis servers reached by address. */
    public record Remote(
            Topology topology,
            List<RedisUrl> urls,
            @Nullable String sentinelMaster,
            Credentials credentials) implements Endpoint {
        public Remote {
            urls = List.copyOf(urls);
        }

        @Override
        public String describe() {
            return topology.name().toLowerCase(java.util.Locale.ROOT) + " Redis at "
                    + String.join(",", urls.stream().map(RedisUrl::redacted).toList());
        }
    }

    /** Whatever a Redisson configuration file says. */
    public record RedissonFile(Path path) implements Endpoint {
        @Override
        public String describe() {
            return "Redis as configured in " + path;
        }
    }

    /** How the Redis servers at the given addresses hang together. */
    public enum Topology {
        SINGLE,
        SENTINEL,
        CLUSTER
    }

    /** User name and password, each possibly absent. Never printed. */
    public record Credentials(
            @Nullable String username, @Nullable String password) {
        @Override
        public String toString() {
            return "Credentials[redacted]";
        }
    }
}

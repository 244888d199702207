package io.flowhub.ephemeral.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which Redis is used, and the limits of the connection to it.
 *
 * @param prefix of the names of all keys and channels, without the colon that follows it; may be empty
 * @param timeout of one command to a near Redis; it is never sent again
 * @param connections per master
 * @param maxQueuedCalls per script and master
 * @param maxCallsPerScript calls in one batch
 * @param maxScriptsInFlight batches of one script in flight, to a master however distant
 */
public record RedisSettings(
        Endpoint endpoint,
        String prefix,
        Duration timeout,
        Duration connectTimeout,
        int connections,
        int maxQueuedCalls,
        int maxCallsPerScript,
        int maxScriptsInFlight) {

    static final SettingsGroup<RedisSettings> GROUP =
            SettingsGroup.of("redis", RedisSettings::read, RedisSettings::check);

    static final Setting<List<RedisUrl>> URL = GROUP.setting(
            "url",
            Parsers.redisUrls(),
            "",
            "redis://host:port[/database], or rediss:// for TLS; several separated by commas; unset starts an embedded Redis");
    static final Setting<Topology> TOPOLOGY = GROUP.setting(
            "topology",
            Parsers.oneOf(Topology.class),
            "single",
            "what redis.url addresses: single, sentinel (the Sentinels) or cluster (any of its nodes)");
    static final Setting<String> SENTINEL_MASTER = GROUP.setting(
            "sentinel_master", Parsers.text(), "", "name of the master; required if redis.topology is sentinel");
    static final Setting<String> USERNAME =
            GROUP.setting("username", Parsers.text(), "", "ACL user; overrides the user in redis.url");
    static final Setting<String> PASSWORD = GROUP.secret(
            "password", "password; overrides the password in redis.url; of the embedded Redis instead of a random one");
    public static final Setting<Path> TLS_CA = GROUP.setting(
            "tls_ca",
            Parsers.path(),
            "",
            "with rediss://: PEM file with the authorities that issue the certificate of Redis, instead of those of Java;"
                    + " files of TLS are read for each connection");
    public static final Setting<Path> TLS_CERTIFICATE = GROUP.setting(
            "tls_certificate",
            Parsers.path(),
            "",
            "with rediss://: PEM file with the certificate that this server presents to Redis, and its chain");
    static final Setting<Path> TLS_KEY = GROUP.setting(
            "tls_key", Parsers.path(), "", "PEM file with the key of redis.tls_certificate: PKCS #8, not encrypted");
    static final Setting<String> TLS_SERVER_NAME = GROUP.setting(
            "tls_server_name",
            Parsers.text(),
            "",
            "with rediss://: the name that the certificate of Redis must have, on every node, instead of the host");
    static final Setting<Path> REDISSON_FILE = GROUP.setting(
            "redisson_file",
            Parsers.path(),
            "",
            "Redisson YAML file that replaces redis.url, for options that these settings do not cover; they apply where it"
                    + " is silent");
    static final Setting<String> PREFIX = GROUP.setting(
            "prefix",
            Parsers.namePart(32),
            "",
            "what the names of all keys and channels in Redis begin with, followed by a colon, so that installations can"
                    + " share one Redis; the same on every server");
    static final Setting<DataSize> EMBEDDED_MEMORY = GROUP.setting(
            "embedded_memory", Parsers.dataSize("1MB", "64GB"), "30MB", "maxmemory of the embedded Redis");
    static final Setting<Duration> TIMEOUT = GROUP.setting(
            "timeout",
            Parsers.duration("50ms", "500ms"),
            "300ms",
            "response timeout; four round trips of a distant Redis if they take longer, at most 550ms; the call then fails with"
                    + " UNAVAILABLE and is not retried");
    static final Setting<Duration> CONNECT_TIMEOUT =
            GROUP.setting("connect_timeout", Parsers.duration("50ms", "10s"), "1s", "timeout of connecting");
    static final Setting<Integer> CONNECTIONS =
            GROUP.setting("connections", Parsers.integer(1, 8), "2", "connections per Redis master");
    static final Setting<Integer> MAX_QUEUED_CALLS = GROUP.setting(
            "max_queued_calls",
            Parsers.integer(1, 1_000_000),
            "8192",
            "calls of one script, per master, that may be queued; further calls fail with RESOURCE_EXHAUSTED");
    static final Setting<Integer> MAX_CALLS_PER_SCRIPT = GROUP.setting(
            "max_calls_per_script", Parsers.integer(1, 1024), "256", "largest number of calls sent as one script call");
    static final Setting<Integer> MAX_SCRIPTS_IN_FLIGHT = GROUP.setting(
            "max_scripts_in_flight",
            Parsers.integer(1, 1024),
            "256",
            "largest number of script calls of one script in flight, per master: 2, and one more for each millisecond of the"
                    + " round trip; calls that arrive while all are in flight are sent together");

    /** Where Redis is. */
    public sealed interface Endpoint {

        /** What and where, to log; without credentials. */
        String describe();
    }

    /** A Redis that starts and ends with the server, with nothing on disk. */
    public record Embedded(DataSize maxMemory, Credentials credentials) implements Endpoint {
        @Override
        public String describe() {
            return "embedded Redis (" + maxMemory + ", nothing on disk)";
        }
    }

    /**
     * Redis servers reached by address.
     *
     * @param tls null without {@code rediss://}
     */
    public record Remote(
            Topology topology,
            List<RedisUrl> urls,
            @Nullable String sentinelMaster,
            Credentials credentials,
            @Nullable Tls tls)
            implements Endpoint {
        public Remote {
            urls = List.copyOf(urls);
        }

        @Override
        public String describe() {
            return lower(topology) + " Redis at "
                    + String.join(",", urls.stream().map(RedisUrl::redacted).toList());
        }
    }

    /**
     * How both sides of a connection prove what they are.
     *
     * @param ca null for the authorities of Java
     * @param certificate null exactly if {@code key} is
     * @param serverName null for the host of each address
     */
    public record Tls(
            @Nullable Path ca,
            @Nullable Path certificate,
            @Nullable Path key,
            @Nullable String serverName) {}

    /** What a Redisson configuration file describes. */
    public record RedissonFile(Path path) implements Endpoint {
        @Override
        public String describe() {
            return "Redis as configured in " + path;
        }
    }

    /** What the addresses in {@code redis.url} are. */
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

    private static RedisSettings read(SettingReader reader) {
        return new RedisSettings(
                endpoint(reader),
                Objects.requireNonNullElse(reader.find(PREFIX), ""),
                reader.get(TIMEOUT),
                reader.get(CONNECT_TIMEOUT),
                reader.get(CONNECTIONS),
                reader.get(MAX_QUEUED_CALLS),
                reader.get(MAX_CALLS_PER_SCRIPT),
                reader.get(MAX_SCRIPTS_IN_FLIGHT));
    }

    private static Endpoint endpoint(SettingReader reader) {
        Path redissonFile = reader.find(REDISSON_FILE);
        if (redissonFile != null) {
            return new RedissonFile(redissonFile);
        }
        List<RedisUrl> urls = reader.find(URL);
        if (urls == null) {
            return new Embedded(reader.get(EMBEDDED_MEMORY), new Credentials(null, reader.find(PASSWORD)));
        }
        String username = reader.find(USERNAME);
        String password = reader.find(PASSWORD);
        RedisUrl first = urls.get(0);
        return new Remote(
                reader.get(TOPOLOGY),
                urls,
                reader.find(SENTINEL_MASTER),
                new Credentials(
                        username == null ? first.username() : username, password == null ? first.password() : password),
                first.hasTls() ? tls(reader) : null);
    }

    private static Tls tls(SettingReader reader) {
        return new Tls(
                reader.find(TLS_CA), reader.find(TLS_CERTIFICATE), reader.find(TLS_KEY), reader.find(TLS_SERVER_NAME));
    }

    private static void check(SettingReader reader, Problems problems) {
        List<RedisUrl> urls = reader.find(URL);
        Topology topology = reader.get(TOPOLOGY);
        if (urls != null && reader.find(REDISSON_FILE) != null) {
            problems.add("redis.url and redis.redisson_file exclude each other: set one of them");
        }
        if (urls == null && topology != Topology.SINGLE) {
            problems.add("redis.topology: " + lower(topology) + " needs redis.url");
        }
        if (topology == Topology.SENTINEL && reader.find(SENTINEL_MASTER) == null) {
            problems.add("redis.sentinel_master is missing: redis.topology sentinel needs it");
        }
        if (topology != Topology.SENTINEL && reader.find(SENTINEL_MASTER) != null) {
            problems.add("redis.sentinel_master: only redis.topology sentinel uses it");
        }
        if (urls == null && reader.find(USERNAME) != null) {
            problems.add("redis.username: only redis.url uses it, which is not set");
        }
        if (reader.find(REDISSON_FILE) != null && reader.find(PASSWORD) != null) {
            problems.add("redis.password: only redis.url and the embedded Redis use it");
        }
        if (urls != null && !urls.stream().allMatch(urls.get(0)::isCompatibleWith)) {
            problems.add("redis.url: the addresses differ in user, password, database or TLS");
        }
        if (urls != null && topology == Topology.SINGLE && urls.size() > 1) {
            problems.add("redis.url: " + urls.size() + " addresses (expected: 1 for redis.topology single)");
        }
        if (urls != null && topology == Topology.CLUSTER && urls.stream().anyMatch(url -> url.database() != 0)) {
            problems.add("redis.url: a Redis Cluster has database 0 only");
        }
        checkTls(reader, problems);
    }

    private static void checkTls(SettingReader reader, Problems problems) {
        List<RedisUrl> urls = reader.find(URL);
        if (urls == null || !urls.get(0).hasTls()) {
            for (Setting<?> setting : List.of(TLS_CA, TLS_CERTIFICATE, TLS_KEY, TLS_SERVER_NAME)) {
                if (reader.find(setting) != null) {
                    problems.add(setting.name() + ": only rediss:// in redis.url uses it");
                }
            }
        }
        if ((reader.find(TLS_CERTIFICATE) == null) != (reader.find(TLS_KEY) == null)) {
            problems.add("redis.tls_certificate and redis.tls_key: only one of them is set (expected: both)");
        }
    }

    private static String lower(Topology topology) {
        return topology.name().toLowerCase(Locale.ROOT);
    }
}

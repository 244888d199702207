package io.flowhub.ephemeral.server.config;

import java.time.Duration;

/** How the gRPC server listens and stops. */
public record ServerSettings(
        String host,
        int port,
        boolean insecure,
        boolean reflection,
        int maxConnections,
        int maxCalls,
        Duration maxConnectionAge,
        Duration maxStreamAge,
        Duration drainDelay,
        Duration drainTimeout) {

    static final SettingsGroup<ServerSettings> GROUP = SettingsGroup.of("server", ServerSettings::read);

    public static final Setting<String> HOST = GROUP.setting(
            "host",
            Parsers.text(),
            "127.0.0.1",
            "address to listen on; 0.0.0.0 listens on every interface; beyond loopback, tls.certificate or server.insecure"
                    + " is required");
    static final Setting<Integer> PORT =
            GROUP.setting("port", Parsers.integer(0, 65_535), "9090", "TCP port; 0 selects a free port");
    public static final Setting<Boolean> INSECURE = GROUP.setting(
            "insecure",
            Parsers.bool(),
            "false",
            "whether a server without TLS may listen beyond loopback: on a private network, or behind a proxy with TLS");
    static final Setting<Boolean> REFLECTION = GROUP.setting(
            "reflection",
            Parsers.bool(),
            "true",
            "whether gRPC reflection is served, which grpcurl and other tools use");
    static final Setting<Integer> MAX_CONNECTIONS = GROUP.setting(
            "max_connections",
            Parsers.integer(1, 1_000_000),
            "2000",
            "connections that may be open; the server closes further ones at once");
    static final Setting<Integer> MAX_CALLS = GROUP.setting(
            "max_calls",
            Parsers.integer(1, 1_000_000),
            "10000",
            "unary calls and streams that may be open over all connections, streams up to 80 % of them; further ones fail with RESOURCE_EXHAUSTED, reads before rate checks before writes");
    static final Setting<Duration> MAX_CONNECTION_AGE = GROUP.setting(
            "max_connection_age",
            Parsers.duration("1s", "24h"),
            "30m",
            "age at which the server requests a client to use another connection, so that clients find new servers; what runs on the old one goes on");
    static final Setting<Duration> MAX_STREAM_AGE = GROUP.setting(
            "max_stream_age",
            Parsers.duration("1s", "24h"),
            "30m",
            "age at which the server announces the end of a stream, half of drain_timeout before it ends");
    static final Setting<Duration> DRAIN_DELAY = GROUP.setting(
            "drain_delay",
            Parsers.duration("0s", "5m"),
            "0s",
            "at shutdown: time from NOT_SERVING in readiness until new calls are rejected");
    static final Setting<Duration> DRAIN_TIMEOUT = GROUP.setting(
            "drain_timeout",
            Parsers.duration("0s", "5m"),
            "10s",
            "at shutdown: time that running calls have to finish; a stream ends half of it after its draining event");

    private static ServerSettings read(SettingReader reader) {
        return new ServerSettings(
                reader.get(HOST),
                reader.get(PORT),
                reader.get(INSECURE),
                reader.get(REFLECTION),
                reader.get(MAX_CONNECTIONS),
                reader.get(MAX_CALLS),
                reader.get(MAX_CONNECTION_AGE),
                reader.get(MAX_STREAM_AGE),
                reader.get(DRAIN_DELAY),
                reader.get(DRAIN_TIMEOUT));
    }
}

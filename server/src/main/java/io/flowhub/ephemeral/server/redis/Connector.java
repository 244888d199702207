package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.config.RedisSettings.RedissonFile;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.config.RedisUrl;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.BaseConfig;
import org.redisson.config.BaseMasterSlaveServersConfig;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;
import org.redisson.config.ReadMode;
import org.redisson.config.TransportMode;

/**
 * Configures Redisson. The reason for each setting is pinned, against the version in use, by {@code RedissonFactsTest}.
 */
final class Connector {

    /** Delay between reconnects: short, so that calls succeed soon after Redis is back. */
    private static final Duration RECONNECT_DELAY = Duration.ofMillis(100);

    /** Lost connections are found after 8 s without traffic: 5 s idle, then three probes of a second each. */
    private static final Duration KEEPALIVE_IDLE = Duration.ofSeconds(5);

    private static final Duration KEEPALIVE_INTERVAL = Duration.ofSeconds(1);
    private static final int KEEPALIVE_COUNT = 3;

    /**
     * One thread sends, receives and completes calls. It has a fraction of the work of the gRPC threads, and tasks that it
     * submits to itself need no wake-up.
     */
    private static final int LOOP_THREADS = 1;

    /** How often the name of a single Redis is resolved. */
    private static final Duration DNS_REFRESH = Duration.ofSeconds(1);

    private static final int MAX_DNS_TTL_SECONDS = 1;

    /**
     * Any interval makes Redisson ping each new connection, which reports a rejection to the caller. The pings that follow
     * are removed by {@link ConnectionHook}.
     */
    private static final int PING_WHILE_CONNECTING = 60_000;

    private static final Duration MIN_HANDSHAKE_TIMEOUT = Duration.ofSeconds(1);

    /** All channels share one connection, so that the arrival of a probe proves all of them. */
    private static final int SUBSCRIPTIONS_PER_CONNECTION = 100;

    /** Executor threads for topic listeners, which only hand off. */
    private static final int LISTENER_THREADS = 2;

    /** Connects, or throws at once if Redis cannot be reached. */
    static RedissonClient connect(
            RedisSettings settings, RedisSettings.Endpoint endpoint, EventLoopGroup loop, ConnectionHook hook)
            throws IOException {
        return Redisson.create(
                config(settings, endpoint).setEventLoopGroup(loop).setNettyHook(hook));
    }

    static EventLoopGroup newLoop() {
        return new MultiThreadIoEventLoopGroup(
                LOOP_THREADS,
                new DefaultThreadFactory("redis-loop", true),
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    static Config config(RedisSettings settings, RedisSettings.Endpoint endpoint) throws IOException {
        Config config;
        if (endpoint instanceof RedissonFile file) {
            config = Config.fromYAML(file.path().toFile());
        } else {
            config = new Config();
            config.setThreads(LISTENER_THREADS);
            addServers(config, settings, (Remote) endpoint);
        }
        config.setCodec(StringCodec.INSTANCE);
        config.setUseThreadClassLoader(false);
        config.setReferenceEnabled(false);
        config.setUseScriptCache(false); // else Redisson sends an EVAL as EVALSHA, SCRIPT LOAD and EVALSHA
        config.setTransportMode(Epoll.isAvailable() ? TransportMode.EPOLL : TransportMode.NIO);
        config.setAddressResolverGroupFactory(Connector::resolver);
        return config;
    }

    /** Caches addresses for a second at most: Redis may come back with another address. */
    private static DnsAddressResolverGroup resolver(
            Class<? extends DatagramChannel> udp,
            Class<? extends SocketChannel> tcp,
            DnsServerAddressStreamProvider nameServers) {
        return new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .datagramChannelType(udp)
                .socketChannelType(tcp, true)
                .nameServerProvider(nameServers)
                .ttl(0, MAX_DNS_TTL_SECONDS));
    }

    private static void addServers(Config config, RedisSettings settings, Remote remote) {
        List<String> addresses = remote.urls().stream().map(RedisUrl::address).toList();
        int database = remote.urls().get(0).database();
        BaseConfig<?> base = switch (remote.topology()) {
            case SINGLE ->
                config.useSingleServer()
                        .setAddress(addresses.get(0))
                        .setDatabase(database)
                        .setDnsMonitoringInterval(DNS_REFRESH.toMillis())
                        .setConnectionPoolSize(settings.connections())
                        .setConnectionMinimumIdleSize(settings.connections())
                        .setSubscriptionConnectionPoolSize(2)
                        .setSubscriptionConnectionMinimumIdleSize(1);
            case SENTINEL ->
                pool(config.useSentinelServers(), settings)
                        .setMasterName(remote.sentinelMaster())
                        .setDatabase(database)
                        .setScanInterval(1_000)
                        .setCheckSentinelsList(false)
                        .addSentinelAddress(addresses.toArray(String[]::new));
            case CLUSTER ->
                pool(config.useClusterServers(), settings)
                        .setScanInterval(1_000)
                        .addNodeAddress(addresses.toArray(String[]::new));
        };
        base.setTimeout((int) handshakeTimeout(settings).toMillis())
                .setConnectTimeout((int) settings.connectTimeout().toMillis())
                .setRetryAttempts(0)
                .setReconnectionDelay(new ConstantDelay(RECONNECT_DELAY))
                .setPingConnectionInterval(PING_WHILE_CONNECTING)
                .setSubscriptionsPerConnection(SUBSCRIPTIONS_PER_CONNECTION);
        config.setUsername(remote.credentials().username())
                .setPassword(remote.credentials().password())
                .setTcpKeepAlive(true)
                .setTcpKeepAliveIdle((int) KEEPALIVE_IDLE.toSeconds())
                .setTcpKeepAliveInterval((int) KEEPALIVE_INTERVAL.toSeconds())
                .setTcpKeepAliveCount(KEEPALIVE_COUNT);
    }

    /**
     * The timeout of the commands that Redisson sends on its own: the handshake, which may cross a distance, and SUBSCRIBE.
     * Script calls have their own.
     */
    private static Duration handshakeTimeout(RedisSettings settings) {
        Duration connect = settings.connectTimeout();
        return connect.compareTo(MIN_HANDSHAKE_TIMEOUT) > 0 ? connect : MIN_HANDSHAKE_TIMEOUT;
    }

    /** Below 10 connections Redisson pipelines; at 10 and above each connection waits for its reply. */
    private static <T extends BaseMasterSlaveServersConfig<T>> T pool(T config, RedisSettings settings) {
        return config.setReadMode(ReadMode.MASTER)
                .setMasterConnectionPoolSize(settings.connections())
                .setMasterConnectionMinimumIdleSize(settings.connections())
                .setSlaveConnectionMinimumIdleSize(1)
                .setSlaveConnectionPoolSize(1)
                .setSubscriptionConnectionPoolSize(2)
                .setSubscriptionConnectionMinimumIdleSize(1);
    }

    private Connector() {}
}

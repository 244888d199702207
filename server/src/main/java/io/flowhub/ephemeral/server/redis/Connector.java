package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.config.RedisSettings.RedissonFile;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.config.RedisUrl;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.NettyHook;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.BaseConfig;
import org.redisson.config.BaseMasterSlaveServersConfig;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;
import org.redisson.config.ReadMode;
import org.redisson.config.TransportMode;

/**
 * Makes Redisson fast and exact. What each setting is for is pinned, against the version in use, by {@code
 * RedissonFactsTest}.
 */
final class Connector {

    /** A lost connection is tried again this often, so that calls pass soon after Redis is back. */
    private static final Duration RECONNECT_DELAY = Duration.ofMillis(100);

    /**
     * One thread sends, receives and answers. It has a fraction of the work of the gRPC threads, and everything it hands
     * to itself needs no wake-up.
     */
    private static final int LOOP_THREADS = 1;

    /** How often the name of a single Redis is looked up. */
    private static final Duration DNS_LOOK = Duration.ofSeconds(1);

    private static final int MAX_DNS_SECONDS = 1;

    /** Executor threads for topic listeners; ours only hand off. */
    private static final int LISTENER_THREADS = 2;

    /** Connects, or throws at once if Redis cannot be reached. */
    static RedissonClient connect(RedisSettings settings, RedisSettings.Endpoint endpoint, EventLoopGroup loop)
            throws IOException {
        return Redisson.create(config(settings, endpoint).setEventLoopGroup(loop));
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
        config.setUseScriptCache(false); // else an EVAL leaves as EVALSHA, again unknown, SCRIPT LOAD and EVALSHA
        config.setTransportMode(Epoll.isAvailable() ? TransportMode.EPOLL : TransportMode.NIO);
        config.setNettyHook(new FlushTogether());
        config.setAddressResolverGroupFactory(Connector::resolver);
        return config;
    }

    /** Believes a name server for a moment only: a Redis that comes back under another address must be found. */
    private static DnsAddressResolverGroup resolver(
            Class<? extends DatagramChannel> udp,
            Class<? extends SocketChannel> tcp,
            DnsServerAddressStreamProvider nameServers) {
        return new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .datagramChannelType(udp)
                .socketChannelType(tcp, true)
                .nameServerProvider(nameServers)
                .ttl(0, MAX_DNS_SECONDS));
    }

    private static void addServers(Config config, RedisSettings settings, Remote remote) {
        List<String> addresses = remote.urls().stream().map(RedisUrl::address).toList();
        int database = remote.urls().get(0).database();
        BaseConfig<?> base = switch (remote.topology()) {
            case SINGLE ->
                config.useSingleServer()
                        .setAddress(addresses.get(0))
                        .setDatabase(database)
                        .setDnsMonitoringInterval(DNS_LOOK.toMillis())
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
        base.setTimeout((int) settings.timeout().toMillis())
                .setConnectTimeout((int) settings.connectTimeout().toMillis())
                .setRetryAttempts(0)
                .setReconnectionDelay(new ConstantDelay(RECONNECT_DELAY))
                .setClientName("ephemeral")
                .setPingConnectionInterval(5_000);
        config.setUsername(remote.credentials().username())
                .setPassword(remote.credentials().password())
                .setTcpKeepAlive(true);
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

    /** Redisson flushes every command by itself, a system call each; this makes one of many. */
    static final class FlushTogether implements NettyHook {

        private static final int MAX_FLUSHES_TOGETHER = 256;

        @Override
        public void afterBoostrapInitialization(@Nullable Bootstrap bootstrap) {
            // Nothing to change.
        }

        @Override
        public void afterChannelInitialization(Channel channel) {
            channel.pipeline().addFirst(new FlushConsolidationHandler(MAX_FLUSHES_TOGETHER, true));
        }
    }

    private Connector() {}
}

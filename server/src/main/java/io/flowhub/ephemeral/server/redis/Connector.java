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
import java.nio.file.Files;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.TransportMode;

/**
 * Configures Redisson. The reason for each setting is pinned, against the version in use, by {@code RedissonFactsTest}.
 */
final class Connector {

    /**
     * One thread sends, receives and completes calls. It has a fraction of the work of the gRPC threads, and tasks that it
     * submits to itself need no wake-up.
     */
    private static final int LOOP_THREADS = 1;

    private static final int MAX_DNS_TTL_SECONDS = 1;

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
        String file = endpoint instanceof RedissonFile redisson ? Files.readString(redisson.path()) : "";
        Config config = endpoint instanceof Remote remote ? config(remote) : Config.fromYAML(file);
        new RedissonDefaults(settings, file).applyTo(config);
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

    private static Config config(Remote remote) {
        String[] addresses = remote.urls().stream().map(RedisUrl::address).toArray(String[]::new);
        int database = remote.urls().get(0).database();
        Config config = new Config();
        switch (remote.topology()) {
            case SINGLE -> config.useSingleServer().setAddress(addresses[0]).setDatabase(database);
            case SENTINEL ->
                config.useSentinelServers()
                        .setMasterName(remote.sentinelMaster())
                        .setDatabase(database)
                        .addSentinelAddress(addresses);
            case CLUSTER -> config.useClusterServers().addNodeAddress(addresses);
        }
        return config.setUsername(remote.credentials().username())
                .setPassword(remote.credentials().password());
    }

    private Connector() {}
}

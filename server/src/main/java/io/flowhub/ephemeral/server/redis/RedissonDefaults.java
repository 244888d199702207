package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.config.RedisSettings;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.redisson.config.BaseConfig;
import org.redisson.config.BaseMasterSlaveServersConfig;
import org.redisson.config.ClusterServersConfig;
import org.redisson.config.Config;
import org.redisson.config.ConstantDelay;
import org.redisson.config.ReadMode;
import org.redisson.config.SentinelServersConfig;
import org.redisson.config.SingleServerConfig;

/**
 * What Redisson is configured with, whatever the topology. A Redisson file may set another value of each; the defaults of
 * Redisson apply to none. The reasons are pinned, against the version in use, by {@code RedissonFactsTest}.
 */
final class RedissonDefaults {

    /** Delay between reconnects: short, so that calls succeed soon after Redis is back. */
    private static final Duration RECONNECT_DELAY = Duration.ofMillis(100);

    /** Lost connections are found after 8 s without traffic: 5 s idle, then three probes of a second each. */
    private static final Duration KEEPALIVE_IDLE = Duration.ofSeconds(5);

    private static final Duration KEEPALIVE_INTERVAL = Duration.ofSeconds(1);
    private static final int KEEPALIVE_COUNT = 3;

    /** How often the name of a single Redis is resolved. */
    private static final Duration DNS_REFRESH = Duration.ofSeconds(1);

    private static final Duration TOPOLOGY_REFRESH = Duration.ofSeconds(1);

    /**
     * Any interval makes Redisson ping each new connection, which reports a rejection to the caller. The pings that follow
     * are removed by {@link ConnectionHook}.
     */
    private static final int PING_WHILE_CONNECTING = 60_000;

    private static final Duration MIN_HANDSHAKE_TIMEOUT = Duration.ofSeconds(1);

    /**
     * A call that finds all connections lost opens another one, and Redisson reconnects the lost ones too. The surplus is
     * closed when no call was sent over it for once to twice this time, which is longer than the largest redis.timeout: no
     * call waits for a reply then.
     */
    private static final Duration SURPLUS_IDLE_TIMEOUT = Duration.ofSeconds(1);

    /** All channels share one connection, so that the arrival of a probe proves all of them. */
    private static final int SUBSCRIPTIONS_PER_CONNECTION = 100;

    /** Executor threads for topic listeners, which only hand off. */
    private static final int LISTENER_THREADS = 2;

    private static final Pattern COMMENT = Pattern.compile("(?m)(^|\\s)#.*$");
    private static final Pattern NAME = Pattern.compile("(?m)(?:^|[{,\\s])[\"']?(\\w+)[\"']?\\s*:");

    private final RedisSettings settings;
    private final Set<String> given = new HashSet<>();

    /** @param file the text of a Redisson file, whose values win; may be empty */
    RedissonDefaults(RedisSettings settings, String file) {
        this.settings = settings;
        Matcher names = NAME.matcher(COMMENT.matcher(file).replaceAll(""));
        while (names.find()) {
            given.add(names.group(1));
        }
    }

    void applyTo(Config config) {
        set("threads", LISTENER_THREADS, config::setThreads);
        set("tcpKeepAlive", true, config::setTcpKeepAlive);
        set("tcpKeepAliveIdle", (int) KEEPALIVE_IDLE.toSeconds(), config::setTcpKeepAliveIdle);
        set("tcpKeepAliveInterval", (int) KEEPALIVE_INTERVAL.toSeconds(), config::setTcpKeepAliveInterval);
        set("tcpKeepAliveCount", KEEPALIVE_COUNT, config::setTcpKeepAliveCount);
        if (config.isSingleConfig()) {
            applyTo(config.useSingleServer());
        } else if (config.isSentinelConfig()) {
            SentinelServersConfig sentinels = config.useSentinelServers();
            applyTo(sentinels);
            set("scanInterval", (int) TOPOLOGY_REFRESH.toMillis(), sentinels::setScanInterval);
            set("checkSentinelsList", false, sentinels::setCheckSentinelsList);
        } else if (config.isClusterConfig()) {
            ClusterServersConfig cluster = config.useClusterServers();
            applyTo(cluster);
            set("scanInterval", (int) TOPOLOGY_REFRESH.toMillis(), cluster::setScanInterval);
        }
    }

    private void applyTo(SingleServerConfig single) {
        set("dnsMonitoringInterval", DNS_REFRESH.toMillis(), single::setDnsMonitoringInterval);
        setConnections(
                "connectionPoolSize",
                single::setConnectionPoolSize,
                single.getConnectionPoolSize(),
                "connectionMinimumIdleSize",
                single::setConnectionMinimumIdleSize,
                single.getConnectionMinimumIdleSize());
        set("subscriptionConnectionPoolSize", 2, single::setSubscriptionConnectionPoolSize);
        set("subscriptionConnectionMinimumIdleSize", 1, single::setSubscriptionConnectionMinimumIdleSize);
        applyToBase(single);
    }

    /** Below 10 connections Redisson pipelines; at 10 and above each connection waits for its reply. */
    private void applyTo(BaseMasterSlaveServersConfig<?> servers) {
        set("readMode", ReadMode.MASTER, servers::setReadMode);
        setConnections(
                "masterConnectionPoolSize",
                servers::setMasterConnectionPoolSize,
                servers.getMasterConnectionPoolSize(),
                "masterConnectionMinimumIdleSize",
                servers::setMasterConnectionMinimumIdleSize,
                servers.getMasterConnectionMinimumIdleSize());
        set("slaveConnectionMinimumIdleSize", 1, servers::setSlaveConnectionMinimumIdleSize);
        set("slaveConnectionPoolSize", 1, servers::setSlaveConnectionPoolSize);
        set("subscriptionConnectionPoolSize", 2, servers::setSubscriptionConnectionPoolSize);
        set("subscriptionConnectionMinimumIdleSize", 1, servers::setSubscriptionConnectionMinimumIdleSize);
        applyToBase(servers);
    }

    private void applyToBase(BaseConfig<?> base) {
        set("timeout", (int) handshakeTimeout().toMillis(), base::setTimeout);
        set("connectTimeout", (int) settings.connectTimeout().toMillis(), base::setConnectTimeout);
        set("idleConnectionTimeout", (int) SURPLUS_IDLE_TIMEOUT.toMillis(), base::setIdleConnectionTimeout);
        set("retryAttempts", 0, base::setRetryAttempts);
        set("reconnectionDelay", new ConstantDelay(RECONNECT_DELAY), base::setReconnectionDelay);
        set("pingConnectionInterval", PING_WHILE_CONNECTING, base::setPingConnectionInterval);
        set("subscriptionsPerConnection", SUBSCRIPTIONS_PER_CONNECTION, base::setSubscriptionsPerConnection);
    }

    /**
     * The timeout of the commands that Redisson sends on its own: the handshake, which may cross a distance, and SUBSCRIBE.
     * Script calls have their own.
     */
    private Duration handshakeTimeout() {
        Duration connect = settings.connectTimeout();
        return connect.compareTo(MIN_HANDSHAKE_TIMEOUT) > 0 ? connect : MIN_HANDSHAKE_TIMEOUT;
    }

    /** Redisson requires that no more connections are idle than there may be. A file may set one of both. */
    private void setConnections(
            String max, Consumer<Integer> setMax, int givenMax, String idle, Consumer<Integer> setIdle, int givenIdle) {
        int connections = settings.connections();
        set(max, given.contains(idle) ? Math.max(connections, givenIdle) : connections, setMax);
        set(idle, given.contains(max) ? Math.min(connections, givenMax) : connections, setIdle);
    }

    private <T> void set(String name, T value, Consumer<T> setter) {
        if (!given.contains(name)) {
            setter.accept(value);
        }
    }
}

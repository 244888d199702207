package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import java.io.IOException;
import java.util.List;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.UnifiedJedis;

/**
 * The Redis of a suite: one, or a Cluster of three masters.
 *
 * @param yaml the settings of a server on it
 * @param client a client that finds each key
 */
record Backend(String yaml, UnifiedJedis client, List<RedisProcess> masters) implements AutoCloseable {

    static Backend one() throws IOException {
        RedisProcess redis = RedisProcess.start();
        return new Backend("redis.url: " + redis.url(), RedisClient.create("127.0.0.1", redis.port()), List.of(redis));
    }

    static Backend cluster() throws IOException {
        RedisCluster cluster = RedisCluster.start();
        HostAndPort node = new HostAndPort("127.0.0.1", cluster.masters().get(0).port());
        return new Backend(cluster.yaml(), RedisClusterClient.create(node), cluster.masters());
    }

    /** How many commands of scripts, and scripts, were run so far. */
    long commands() {
        long calls = 0;
        for (RedisProcess master : masters) {
            try (Jedis jedis = master.jedis()) {
                calls += jedis.info("commandstats")
                        .lines()
                        .filter(line ->
                                line.matches("cmdstat_(evalsha|eval|time|h?get|h?set|hmget|p?expire|pttl|del):.*"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll(".*:calls=(\\d+),.*", "$1")))
                        .sum();
            }
        }
        return calls;
    }

    @Override
    public void close() {
        try {
            for (RedisProcess master : masters) {
                try (Jedis jedis = master.jedis()) {
                    Invariant.assertAllExpire(jedis);
                }
            }
        } finally {
            client.close();
            masters.forEach(RedisProcess::close);
        }
    }
}

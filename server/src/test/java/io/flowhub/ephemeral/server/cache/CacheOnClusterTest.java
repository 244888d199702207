package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.UnifiedJedis;

class CacheOnClusterTest extends CacheSuite {

    private RedisCluster cluster;

    @BeforeAll
    @Override
    void start() throws IOException {
        cluster = RedisCluster.start();
        super.start();
    }

    @AfterAll
    @Override
    void stop() {
        super.stop();
        cluster.close();
    }

    @Override
    String yaml() {
        return cluster.yaml();
    }

    @Override
    UnifiedJedis look() {
        return RedisClusterClient.create(
                new HostAndPort("127.0.0.1", cluster.masters().get(0).port()));
    }

    @Override
    void assertAllExpire() {
        for (RedisProcess master : cluster.masters()) {
            try (Jedis redis = master.jedis()) {
                Invariant.assertAllExpire(redis);
            }
        }
    }
}

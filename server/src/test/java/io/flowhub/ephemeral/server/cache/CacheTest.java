package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import java.net.URI;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.UnifiedJedis;

class CacheTest extends CacheSuite {

    @Override
    String yaml() {
        return "redis.url: " + TestRedis.url();
    }

    @Override
    UnifiedJedis look() {
        return RedisClient.create(URI.create(TestRedis.url()));
    }

    @Override
    void assertAllExpire() {
        try (Jedis redis = TestRedis.jedis()) {
            Invariant.assertAllExpire(redis);
        }
    }
}

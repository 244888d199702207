package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.concurrent.SetAssociativeCache;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How long an entry is current, on a real Redis. */
@Tag("fault")
class LocalCacheTest {

    private static final String CHANNEL = "channel";

    private record Name(String key) implements SetAssociativeCache.Entry {}

    @Test
    void entryIsCurrentLongerThanASecondWhileMessagesArrive() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                RedisProxy proxy = new RedisProxy(process);
                TestRedisClient harness = TestRedisClient.open("redis.url: " + proxy.url())) {
            LocalCache<Name> cache = harness.redis().localCache(CHANNEL);
            Eventually.soon("an entry of two seconds ago is current: messages arrive", () -> {
                long now = cache.stamp().nanos();
                return cache.isCurrent(now - Duration.ofSeconds(2).toNanos(), now);
            });
            assertCurrentFor(cache, Duration.ofSeconds(2), Duration.ofSeconds(8));

            proxy.muteSubscriptions();
            assertCurrentFor(cache, Duration.ofSeconds(1), Duration.ofSeconds(3));
        }
    }

    @Test
    void entryIsCurrentForASecondOnACluster() throws Exception {
        try (RedisCluster cluster = RedisCluster.start();
                TestRedisClient harness = TestRedisClient.open(cluster.yaml())) {
            LocalCache<Name> cache = harness.redis().localCache(CHANNEL);
            assertCurrentFor(cache, Duration.ofSeconds(1), Duration.ofSeconds(3));
        }
    }

    /** How long a new entry is current, while it is used; the most does not count the pauses of the machine. */
    private static void assertCurrentFor(LocalCache<Name> cache, Duration least, Duration most) {
        long sent = cache.stamp().nanos();
        AtomicLong now = new AtomicLong();
        Eventually.within(most, "the entry is not current any more", () -> {
            now.set(cache.stamp().nanos());
            return !cache.isCurrent(sent, now.get());
        });
        assertThat(Duration.ofNanos(now.get() - sent)).isGreaterThanOrEqualTo(least);
    }
}

package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.redis.RedisClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** An index entry expires after a minute, except for a user that keeps typing. The tests move the time in the keys. */
@Tag("contract")
class LongTypingTest {

    private final String room = UniqueIds.next();
    private final AtomicLong nanos = new AtomicLong();

    private Jedis jedis;
    private RedisClient redis;
    private TypingStore store;

    @BeforeEach
    void start() throws Exception {
        jedis = TestRedis.jedis();
        redis = RedisClient.open(
                TestServer.configuration("redis.url: " + TestRedis.url())
                        .settings()
                        .redis(),
                Ticker.systemTicker());
        redis.initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS);
        store = new TypingStore(redis, nanos::get);
    }

    @AfterEach
    void stop() {
        redis.close();
        jedis.close();
    }

    @Test
    void userTypingForMinutesStaysListed() throws Exception {
        start("alice");
        for (int i = 0; i < 10; i++) {
            advance(Duration.ofSeconds(19));
            start("alice");
            start("visitor-" + i); // a write to the index removes expired entries
            assertThat(list()).contains("alice");
        }
    }

    @Test
    void indexIsRefreshedEveryTwentySeconds() throws Exception {
        start("alice");
        double indexedAt = jedis.zscore(TypingCalls.index(room), "alice");
        nanos.addAndGet(Duration.ofSeconds(20).toNanos() - 1);
        TimeUnit.MILLISECONDS.sleep(5);
        start("alice");
        assertThat(jedis.zscore(TypingCalls.index(room), "alice")).isEqualTo(indexedAt);
        nanos.addAndGet(1);
        start("alice");
        assertThat(jedis.zscore(TypingCalls.index(room), "alice")).isGreaterThan(indexedAt);
    }

    /** Moves the time of the index and of the server, but not that of the indicator. */
    private void advance(Duration time) {
        String index = TypingCalls.index(room);
        jedis.zrangeWithScores(index, 0, -1)
                .forEach(entry -> jedis.zadd(index, entry.getScore() - time.toMillis(), entry.getElement()));
        jedis.pexpire(index, Math.max(1, jedis.pttl(index) - time.toMillis()));
        nanos.addAndGet(time.toNanos());
    }

    private void start(String user) throws Exception {
        store.start(room, user).get(10, TimeUnit.SECONDS);
    }

    private List<String> list() throws Exception {
        return store.list(room).get(10, TimeUnit.SECONDS).userIds();
    }
}

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
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The index of a room expires after a minute, but not for users that keep typing. Tests move time in the keys. */
class LongTypingTest {

    private final String room = UniqueIds.next();
    private final AtomicLong nanos = new AtomicLong();

    private Jedis jedis;
    private RedisClient redis;
    private TypingStore typing;

    @BeforeEach
    void start() throws Exception {
        jedis = TestRedis.jedis();
        redis = RedisClient.open(
                TestServer.configuration("redis.url: " + TestRedis.url())
                        .settings()
                        .redis(),
                Ticker.systemTicker());
        redis.initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS);
        typing = new TypingStore(redis, nanos::get);
    }

    @AfterEach
    void stop() {
        typing.close();
        redis.close();
        jedis.close();
    }

    @Test
    void userTypingForMinutesStaysListed() throws Exception {
        start("alice");
        for (int i = 0; i < 10; i++) {
            pass(Duration.ofSeconds(19));
            start("alice");
            start("visitor-" + i); // who makes the index forget
            assertThat(list()).contains("alice");
        }
    }

    @Test
    void indexIsRefreshedEveryTwentySeconds() throws Exception {
        start("alice");
        double noted = jedis.zscore(TypingCalls.index(room), "alice");
        nanos.addAndGet(Duration.ofSeconds(20).toNanos() - 1);
        TimeUnit.MILLISECONDS.sleep(5);
        start("alice");
        assertThat(jedis.zscore(TypingCalls.index(room), "alice")).isEqualTo(noted);
        nanos.addAndGet(1);
        start("alice");
        assertThat(jedis.zscore(TypingCalls.index(room), "alice")).isGreaterThan(noted);
    }

    /** Lets time pass for the index and for the server while the user keeps typing. */
    private void pass(Duration time) {
        String index = TypingCalls.index(room);
        jedis.zrangeWithScores(index, 0, -1)
                .forEach(noted -> jedis.zadd(index, noted.getScore() - time.toMillis(), noted.getElement()));
        jedis.pexpire(index, Math.max(1, jedis.pttl(index) - time.toMillis()));
        nanos.addAndGet(time.toNanos());
    }

    private void start(String user) throws Exception {
        typing.start(room, user).get(10, TimeUnit.SECONDS);
    }

    private List<String> list() throws Exception {
        return typing.list(room).get(10, TimeUnit.SECONDS).userIds();
    }
}

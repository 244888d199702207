package io.flowhub.ephemeral.server.typing;

import static io.flowhub.ephemeral.server.typing.TypingCalls.index;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** An index entry expires after a minute, except for a user that keeps typing. The tests move the time in the keys. */
@Tag("contract")
class LongTypingTest {

    private final String room = UniqueIds.next();
    private final AtomicLong nanos = new AtomicLong();

    @AutoClose
    private final Jedis jedis = TestRedis.jedis();

    @AutoClose
    private final TestRedisClient client = TestRedisClient.shared();

    private final TypingStore store = new TypingStore(client.redis(), new MemoryPressure(nanos::get), nanos::get);

    @Test
    void userTypingForMinutesStaysListed() throws Exception {
        start("alice");
        for (int i = 0; i < 10; i++) {
            advance(Duration.ofSeconds(19));
            start("alice");
            start("visitor-" + i); // a write to the index removes expired entries
            assertThat(store.list(room).get(10, TimeUnit.SECONDS).userIds()).contains("alice");
        }
    }

    @Test
    void indexIsRefreshedEveryTwentySeconds() throws Exception {
        start("alice");
        double indexedAt = jedis.zscore(index(room), "alice");
        nanos.addAndGet(Duration.ofSeconds(20).toNanos() - 1);
        TimeUnit.MILLISECONDS.sleep(5);
        start("alice");
        assertThat(jedis.zscore(index(room), "alice")).isEqualTo(indexedAt);
        nanos.addAndGet(1);
        start("alice");
        assertThat(jedis.zscore(index(room), "alice")).isGreaterThan(indexedAt);
    }

    /** Moves the time of the index and of the server, but not that of the indicator. */
    private void advance(Duration time) {
        jedis.zrange(index(room), 0, -1).forEach(user -> jedis.zincrby(index(room), (double) -time.toMillis(), user));
        jedis.pexpire(index(room), Math.max(1, jedis.pttl(index(room)) - time.toMillis()));
        nanos.addAndGet(time.toNanos());
    }

    private void start(String user) throws Exception {
        store.start(room, user).get(10, TimeUnit.SECONDS);
    }
}

package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.SentinelRedis;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The client follows the Sentinel to the replica that is promoted. */
@Tag("fault")
@Tag("latency")
class SentinelTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    /** Sentinel detects the failure after 1 s, then promotes; the rest is for Redisson to detect it, and for a slow machine. */
    private static final Duration FAILOVER = Duration.ofSeconds(15);

    @AutoClose
    private final SentinelRedis redis = SentinelRedis.start();

    @Test
    void callsSucceedOnThePromotedReplica() throws Exception {
        try (TestRedisClient harness = TestRedisClient.open(redis.yaml())) {
            assertThat(Probe.add(harness.redis(), "user", "text")
                            .get(5, TimeUnit.SECONDS)
                            .count())
                    .isEqualTo(1);
            try (Jedis jedis = redis.master().jedis()) {
                assertThat(jedis.get("user")).as("calls are sent to the master").isEqualTo("1");
            }
            try (RedisLoad load = new RedisLoad(harness.redis(), i -> "load" + i % 100)) {
                Eventually.within(SOON, "calls succeed", () -> load.answered() > 100);
                redis.master().kill();
                Eventually.within(SOON, "calls fail", () -> load.failed() > 0);
                int answered = load.answered();
                Stopwatch outage = Stopwatch.start();
                Eventually.within(FAILOVER, "calls succeed", () -> load.answered() > answered + 100);
                assertThat(outage.elapsedWithPauses()).isGreaterThan(Duration.ofMillis(500));
                load.stop();

                assertThat(load.failures()).containsOnlyKeys("RedisUnavailableException");
                assertThat(load.slowest()).isLessThan(Duration.ofMillis(600));
            }
            try (Jedis jedis = redis.replica().jedis()) {
                assertThat(jedis.info("replication")).contains("role:master");
            }
        }
    }
}

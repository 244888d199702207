package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** One master, one replica and one Sentinel that monitors them. */
@Tag("fault")
@Tag("latency")
class SentinelTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    /** Sentinel detects the failure after 1 s, then promotes; the rest is for Redisson to detect it, and for a slow machine. */
    private static final Duration FAILOVER = Duration.ofSeconds(15);

    @TempDir
    Path folder;

    private RedisProcess master;
    private RedisProcess replica;
    private RedisProcess sentinel;

    @BeforeEach
    void start() throws IOException {
        master = RedisProcess.start();
        replica = RedisProcess.start("--replicaof", "127.0.0.1 " + master.port(), "--repl-diskless-sync-delay", "0");
        sentinel = RedisProcess.sentinel(Files.write(
                folder.resolve("sentinel.conf"),
                List.of(
                        "sentinel monitor main 127.0.0.1 " + master.port() + " 1",
                        "sentinel down-after-milliseconds main 1000",
                        "sentinel failover-timeout main 5000")));
        try (Jedis jedis = sentinel.jedis()) {
            Eventually.within(
                    SOON,
                    "the Sentinel lists the replica",
                    () -> jedis.sentinelReplicas("main").size() == 1);
        }
        try (Jedis jedis = replica.jedis()) {
            Eventually.within(
                    SOON,
                    "the replica is connected",
                    () -> jedis.info("replication").contains("master_link_status:up"));
        }
    }

    @AfterEach
    void stop() {
        sentinel.close();
        replica.close();
        master.close();
    }

    @Test
    void callsSucceedOnThePromotedReplica() throws Exception {
        try (TestRedisClient harness = TestRedisClient.open(
                "redis.topology: sentinel", "redis.url: " + sentinel.url(), "redis.sentinel_master: main")) {
            assertThat(Probe.add(harness.redis(), "user", "text")
                            .get(5, TimeUnit.SECONDS)
                            .count())
                    .isEqualTo(1);
            try (Jedis jedis = master.jedis()) {
                assertThat(jedis.get("user")).as("calls are sent to the master").isEqualTo("1");
            }
            try (RedisLoad load = new RedisLoad(harness.redis(), i -> "load" + i % 100)) {
                Eventually.within(SOON, "calls succeed", () -> load.answered() > 100);
                master.kill();
                Eventually.within(SOON, "calls fail", () -> load.failed() > 0);
                int answered = load.answered();
                Duration outage = Eventually.within(FAILOVER, "calls succeed", () -> load.answered() > answered + 100);
                load.stop();

                assertThat(outage).isGreaterThan(Duration.ofMillis(500));
                assertThat(load.failures()).containsOnlyKeys("RedisUnavailableException");
                assertThat(load.slowest()).isLessThan(Duration.ofMillis(600));
            }
            try (Jedis jedis = replica.jedis()) {
                assertThat(jedis.info("replication")).contains("role:master");
            }
        }
    }
}

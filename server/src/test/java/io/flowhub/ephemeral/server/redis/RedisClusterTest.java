package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.redis.Probe.Answer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisMovedDataException;

/** A client of a Cluster of three masters: a failure of one does not affect the slots of the others. */
@Tag("fault")
class RedisClusterTest {

    private static final Duration LONGEST_ANSWER = Duration.ofMillis(600);

    @AutoClose
    private final RedisCluster cluster = RedisCluster.start();

    @AutoClose
    private final TestRedisClient harness = TestRedisClient.open(cluster.yaml(), "redis.timeout: 500ms");

    @Test
    void burstOverManySlotsGivesEachCallItsOwnReply() throws Exception {
        List<CompletableFuture<Answer>> calls = IntStream.range(0, 2000)
                .mapToObj(i -> Probe.add(harness.redis(), "user" + i % 1000, "call " + i))
                .toList();

        long[] counts = new long[1000];
        for (int i = 0; i < calls.size(); i++) {
            Answer answer = calls.get(i).get(10, TimeUnit.SECONDS);
            assertThat(answer.text()).isEqualTo("user" + i % 1000 + "=call " + i);
            counts[i % 1000] = Math.max(counts[i % 1000], answer.count());
        }
        assertThat(counts).containsOnly(2);
    }

    @Test
    void eachMasterHasItsOwnKey() {
        List<String> keys = harness.redis().keyPerMaster();

        assertThat(keys).hasSize(3);
        for (RedisProcess master : cluster.masters()) {
            try (Jedis jedis = master.jedis()) {
                assertThat(keys).filteredOn(key -> has(jedis, key)).hasSize(1);
            }
        }
    }

    @Test
    void scriptFlushOnOneMasterFailsNoCall() throws Exception {
        try (Jedis jedis = cluster.masters().get(1).jedis();
                RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 1000)) {
            for (int i = 0; i < 10; i++) {
                int answered = load.answered();
                jedis.scriptFlush();
                Eventually.soon("calls succeed", () -> load.answered() > answered + 200);
            }
            load.stop();

            assertThat(load.failures()).isEmpty();
        }
    }

    @Tag("latency")
    @Test
    void deadMasterFailsOnlyItsOwnSlots() throws Exception {
        RedisProcess dead = cluster.masters().get(1);
        List<String> deadKeys = RedisCluster.keysOf(1, "user%d", 100);
        List<String> liveKeys = IntStream.of(0, 2)
                .boxed()
                .flatMap(master -> RedisCluster.keysOf(master, "user%d", 200).stream())
                .toList();
        try (RedisLoad load = new RedisLoad(harness.redis(), i -> liveKeys.get(i % liveKeys.size()));
                RedisLoad doomed = new RedisLoad(harness.redis(), i -> deadKeys.get(i % deadKeys.size()))) {
            Eventually.soon("calls to both masters succeed", () -> load.answered() > 200 && doomed.answered() > 200);
            load.reset();
            doomed.reset();
            dead.kill();
            Eventually.soon("calls to the dead master fail", () -> doomed.failed() > 20);
            settle();
            int answered = load.answered();
            load.reset();
            settle();
            load.stop();
            doomed.stop();

            assertThat(load.failures()).isEmpty();
            assertThat(load.slowest()).as("slowest").isLessThan(Duration.ofMillis(300));
            assertThat(load.answered() - answered).isGreaterThan(1000);
            assertThat(doomed.failures()).containsOnlyKeys("RedisUnavailableException");
            assertThat(doomed.slowest()).isLessThan(LONGEST_ANSWER);
        }
    }

    @Test
    void movedSlotFailsNoCallAndNoCallRunsTwice() throws Exception {
        String key = "{user1}";
        int slot = Slots.of(key);
        try (RedisLoad load = new RedisLoad(harness.redis(), i -> key + i % 10)) {
            Eventually.soon("calls succeed", () -> load.answered() > 200);
            cluster.moveSlot(slot);
            int answered = load.answered();
            Eventually.soon("calls succeed", () -> load.answered() > answered + 500);
            load.stop();

            assertThat(load.failures()).isEmpty();
            long counted = 0;
            try (Jedis to = cluster.masters().get(cluster.ownerOf(slot)).jedis()) {
                for (int i = 0; i < 10; i++) {
                    counted += Long.parseLong(to.get(key + i));
                }
            }
            assertThat(counted).isEqualTo(load.answered());
        }
    }

    /** Waits for one and a half seconds of load. */
    private static void settle() throws Exception {
        TimeUnit.MILLISECONDS.sleep(1500);
    }

    /** Whether this master owns the slot of the key. */
    private static boolean has(Jedis jedis, String key) {
        try {
            return !jedis.exists(key);
        } catch (JedisMovedDataException elsewhere) {
            return false;
        }
    }
}

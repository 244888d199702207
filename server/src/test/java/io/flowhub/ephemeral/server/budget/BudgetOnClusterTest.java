package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.util.JedisClusterCRC16;

/** The budget of a Cluster of three masters. */
@Tag("contract")
class BudgetOnClusterTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final SetParams AN_HOUR = SetParams.setParams().ex(3600);
    private static final int SLOTS = 16_384;

    @AutoClose
    private final RedisCluster cluster = RedisCluster.start();

    @AutoClose
    private final TestServer server = TestServer.start(cluster.yaml() + "\nbudget.max_memory: 30MB");

    private final List<Jedis> masters =
            cluster.masters().stream().map(RedisProcess::jedis).toList();

    @AfterEach
    void disconnect() {
        masters.forEach(Jedis::close);
    }

    @Test
    void mastersShareTheSettingAndTheirFiguresAddUp() {
        put(0, "rate:", 300);
        put(1, "token:", 200);
        put(2, "{otp:", 100);
        long used = masters.stream().mapToLong(SampleKeys::used).sum();

        GetBudgetResponse budget = SampleKeys.budget(server.channel());

        assertThat(budget.getMaxBytes()).isEqualTo(30L << 20);
        assertThat(budget.getUsedBytes()).isBetween(used * 9 / 10, used * 11 / 10);
        assertThat(budget.getKeys()).isEqualTo(600);
        assertThat(budget.getSampledKeys()).isEqualTo(600);
        assertThat(SampleKeys.kind("rate", budget).getKeys()).isEqualTo(300);
        assertThat(SampleKeys.kind("token", budget).getKeys()).isEqualTo(200);
        assertThat(SampleKeys.kind("otp", budget).getKeys()).isEqualTo(100);
    }

    @Test
    void mastersAreSampledInProportionToTheirKeys() {
        put(0, "rate:", 4_000);
        put(0, "flag:", 400);
        put(1, "flag:", 600);
        put(2, "token:", 50);

        GetBudgetResponse budget = SampleKeys.budget(server.channel());

        assertThat(budget.getKeys()).isEqualTo(5_050);
        assertThat(budget.getSampledKeys()).isBetween(1_000, 1_003);
        var flag = SampleKeys.kind("flag", budget);
        assertThat(flag.getKeysError()).isBetween(10L, 200L);
        // An estimate is farther off than three times its 95 % error once in a hundred million times.
        assertThat(Math.abs(flag.getKeys() - 1_000)).isLessThanOrEqualTo(3 * flag.getKeysError());
        var token = SampleKeys.kind("token", budget);
        assertThat(token.getKeys()).as("the only kind on its master").isEqualTo(50);
    }

    @Test
    void fullestMasterDecides() throws Exception {
        limitTo("20mb");
        fill(1, 0.92, 20 << 20);

        GetBudgetResponse budget = SampleKeys.budget(server.channel());

        assertThat(budget.getState()).isEqualTo(BudgetState.BUDGET_STATE_FULL);
        assertThat(budget.getMaxBytes()).isEqualTo(60L << 20);
        assertThat(budget.getUsedBytes()).isLessThan(30L << 20);
    }

    @Test
    void availableMastersAreMonitoredWhileOneIsDown() throws Exception {
        limitTo("10mb");
        try (RedisClient client = TestServer.redisClient(cluster.yaml());
                BudgetStore budget = SampleKeys.store(cluster.yaml(), client, Ticker.systemTicker())) {
            SampleKeys.budget(server.channel());
            cluster.masters().get(2).kill();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Eventually.within(TIMEOUT, "GetBudget fails after the second for which a result is shared", () -> {
                failure.set(catchThrowable(() -> SampleKeys.budget(server.channel())));
                return failure.get() != null;
            });
            assertThat(Status.fromThrowable(failure.get()).getCode()).isEqualTo(Code.UNAVAILABLE);
            fill(0, 0.95, 10 << 20);
            Eventually.within(TIMEOUT, "the budget is full", budget::isFull);
        }
    }

    private void limitTo(String maxMemory) {
        masters.forEach(redis -> redis.configSet("maxmemory", maxMemory));
    }

    private void put(int master, String prefix, int count) {
        Pipeline pipeline = masters.get(master).pipelined();
        keysOf(master, prefix, count).forEach(key -> pipeline.set(key, "1", AN_HOUR));
        pipeline.sync();
    }

    private void fill(int master, double share, long max) {
        Jedis redis = masters.get(master);
        for (String key : keysOf(master, "cache:product:", 100_000)) {
            if (SampleKeys.used(redis) > share * max) {
                return;
            }
            redis.set(key, "x".repeat(20_000), AN_HOUR);
        }
    }

    private static List<String> keysOf(int master, String prefix, int count) {
        String end = prefix.startsWith("{") ? "}:guard" : "";
        return IntStream.iterate(0, i -> i + 1)
                .mapToObj(i -> prefix + i + end)
                .filter(key -> {
                    int slot = JedisClusterCRC16.getSlot(key);
                    return slot >= SLOTS * master / 3 && slot < SLOTS * (master + 1) / 3;
                })
                .limit(count)
                .toList();
    }
}

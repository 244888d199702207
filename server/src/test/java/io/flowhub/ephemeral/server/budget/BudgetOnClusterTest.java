package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.SetParams;

/** The budget of a Cluster of three masters. */
@Tag("contract")
class BudgetOnClusterTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final SetParams AN_HOUR = SetParams.setParams().ex(3600);

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
        put(0, "rate:%d", 300);
        put(1, "token:%d", 200);
        put(2, "{otp:%d}:guard", 100);
        long used = masters.stream().mapToLong(SampleKeys::used).sum();

        GetBudgetResponse budget = SampleKeys.budget(server.channel());

        assertThat(budget.getMaxBytes()).isEqualTo(30L << 20);
        assertThat(budget.getUsedBytes()).isBetween(used * 9 / 10, used * 11 / 10);
        assertThat(budget.getKeys()).isEqualTo(600);
        assertThat(budget.getSampledKeys()).isEqualTo(600);
        assertThat(List.of("rate", "token", "otp"))
                .extracting(kind -> SampleKeys.kind(kind, budget).getKeys())
                .containsExactly(300L, 200L, 100L);
    }

    @Test
    void mastersAreSampledInProportionToTheirKeys() {
        put(0, "rate:%d", 4_000);
        put(0, "flag:%d", 400);
        put(1, "flag:%d", 600);
        put(2, "token:%d", 50);

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
        MemoryPressure pressure = new MemoryPressure(Ticker.systemTicker());
        try (RedisClient client = TestRedisClient.open(cluster.yaml()).redis();
                BudgetStore budget = SampleKeys.store(cluster.yaml(), client, pressure, Ticker.systemTicker())) {
            SampleKeys.budget(server.channel());
            cluster.masters().get(2).kill();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Eventually.within(TIMEOUT, "GetBudget fails after the second for which a result is shared", () -> {
                failure.set(catchThrowable(() -> SampleKeys.budget(server.channel())));
                return failure.get() != null;
            });
            assertThat(Status.fromThrowable(failure.get()).getCode()).isEqualTo(Code.UNAVAILABLE);
            fill(0, 0.95, 10 << 20);
            Eventually.within(TIMEOUT, "the budget is full", () -> {
                var unused = client.call(
                        MasterMemory.readOperation(client.keyPerMaster().get(0), 1)); // as a call does
                return pressure.refuses(StateClass.CACHE);
            });
            assertThat(budget.usage()).as("all masters").failsWithin(TIMEOUT);
        }
    }

    private void limitTo(String maxMemory) {
        masters.forEach(redis -> redis.configSet("maxmemory", maxMemory));
    }

    private void put(int master, String format, int count) {
        Pipeline pipeline = masters.get(master).pipelined();
        RedisCluster.keysOf(master, format, count).forEach(key -> pipeline.set(key, "1", AN_HOUR));
        pipeline.sync();
    }

    private void fill(int master, double share, long max) {
        Jedis redis = masters.get(master);
        for (String key : RedisCluster.keysOf(master, "cache:product:%d", 100_000)) {
            if (SampleKeys.used(redis) > share * max) {
                return;
            }
            redis.set(key, "x".repeat(20_000), AN_HOUR);
        }
    }
}

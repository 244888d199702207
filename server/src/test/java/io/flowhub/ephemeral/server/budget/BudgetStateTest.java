package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.grpc.Channel;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The state of a Redis of 30 MB that fills up, empties and becomes unavailable. */
@Tag("contract")
class BudgetStateTest {

    private static final long MAX = 30L << 20;

    /** One poll per second, plus time for a busy machine. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @AutoClose
    private final RedisProcess process = RedisProcess.start("--maxmemory", "30mb");

    @AutoClose
    private final Jedis redis = process.jedis();

    private final String yaml = "redis.url: " + process.url();

    @Test
    void changeOfStateIsLogged() throws Exception {
        try (ServerProcess server = ServerProcess.start(yaml)) {
            awaitState(server.channel(), BudgetState.BUDGET_STATE_OK);

            SampleKeys.fill(redis, 0.83, MAX);
            awaitLog(server, "Budget OK -> WARN: 83.");
            assertThat(server.log())
                    .containsPattern("WARN +MemoryLevelMonitor Budget OK -> WARN: 83.\\d % of memory in use \\("
                            + "26,\\d{3},\\d{3} of 31,457,280 bytes\\)");
            awaitState(server.channel(), BudgetState.BUDGET_STATE_WARN);
            GetBudgetResponse budget = SampleKeys.budget(server.channel());
            assertThat(budget.getMaxBytes()).isEqualTo(MAX);
            assertThat(budget.getUsedBytes()).isBetween(MAX * 82 / 100, MAX * 85 / 100);
            assertThat(budget.getKinds(0).getKind()).isEqualTo("cache:product");

            SampleKeys.fill(redis, 0.92, MAX);
            awaitLog(server, "Budget WARN -> FULL: 92.");
            awaitLog(server, "cached objects are not stored");
            awaitState(server.channel(), BudgetState.BUDGET_STATE_FULL);

            redis.flushAll();
            awaitLog(server, "Budget FULL -> OK: ");
            assertThat(server.log()).containsPattern("INFO +MemoryLevelMonitor Budget FULL -> OK");
            awaitState(server.channel(), BudgetState.BUDGET_STATE_OK);
            assertThat(server.log()).doesNotContain("maxmemory-policy");
        }
    }

    @Test
    void fullEndsFivePercentBelowItsThreshold() throws Exception {
        try (RedisClient client = TestRedisClient.open(yaml).redis();
                BudgetStore budget = SampleKeys.store(yaml, client, Ticker.systemTicker())) {
            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(TIMEOUT, "the budget is full", budget::isFull);
            emptyTo(0.87);
            assertStays(budget, true);
            emptyTo(0.83);
            Eventually.within(TIMEOUT, "the budget is not full", () -> !budget.isFull());
            SampleKeys.fill(redis, 0.88, MAX);
            assertStays(budget, false);
        }
    }

    @Tag("latency")
    @Test
    void stateStaysDuringAnOutage() throws Exception {
        try (RedisClient client = TestRedisClient.open(yaml).redis();
                BudgetStore budget = SampleKeys.store(yaml, client, Ticker.systemTicker());
                TestServer server = TestServer.on(process.url())) {
            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(TIMEOUT, "the budget is full", budget::isFull);
            process.freeze();
            StatusAssert.unavailableSoon(() -> SampleKeys.budget(server.channel()));
            process.thaw();
            process.kill();
            StatusAssert.unavailableSoon(() -> SampleKeys.budget(server.channel()));
            Thread.sleep(2_500); // at least two polls
            assertThat(budget.isFull()).isTrue();
            StatusAssert.unavailableSoon(() -> SampleKeys.budget(server.channel()));
            process.restart();
            Eventually.within(TIMEOUT, "the budget is not full", () -> !budget.isFull());
            awaitState(server.channel(), BudgetState.BUDGET_STATE_OK);
        }
    }

    @Test
    void evictionPolicyIsWarnedAboutOnce() throws Exception {
        redis.configSet("maxmemory-policy", "volatile-ttl");
        try (ServerProcess server = ServerProcess.start(yaml)) {
            Eventually.within(TIMEOUT, "3 polls", () -> RedisProcess.calls(redis, "dbsize") >= 3);
            assertThat(server.log()).containsOnlyOnce("Redis has maxmemory-policy volatile-ttl (expected: noeviction)");
        }
    }

    @Test
    void failedReadsAreLoggedOnce() throws Exception {
        redis.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all", "-info");
        String url = "redis://app:secret@127.0.0.1:" + process.port();
        try (ServerProcess server = ServerProcess.start("redis.url: " + url)) {
            awaitLog(server, "the budget stays OK");
            long calls = RedisProcess.calls(redis, "evalsha");
            Eventually.within(TIMEOUT, "4 more calls", () -> RedisProcess.calls(redis, "evalsha") >= calls + 4);
            assertThat(server.log())
                    .containsOnlyOnce("Cannot read the memory usage of Redis (Redis rejected the call: ");
            StatusAssert.rejectedByRedis(() -> SampleKeys.budget(server.channel()));
        }
    }

    @Test
    void closedServerStopsPolling() throws Exception {
        try (TestServer server = TestServer.on(process.url())) {
            SampleKeys.budget(server.channel());
            assertThat(threads()).isPositive();
        }
        Eventually.within(TIMEOUT, "the polling thread ends", () -> threads() == 0);
    }

    /** GetBudget may return a result of a second ago, and a server that just started may not have reached Redis yet. */
    private static void awaitState(Channel channel, BudgetState state) {
        Eventually.within(TIMEOUT, "the state is " + state, () -> {
            GetBudgetResponse budget = Retry.untilAvailable(TIMEOUT, () -> SampleKeys.budget(channel));
            return budget.getState() == state;
        });
    }

    private static void awaitLog(ServerProcess server, String text) {
        Eventually.within(
                TIMEOUT, "the log contains: " + text, () -> server.log().contains(text));
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("budget"))
                .count();
    }

    private void emptyTo(double share) {
        while (SampleKeys.used(redis) > share * MAX) {
            for (int i = 0; i < 10; i++) {
                redis.del(redis.randomKey());
            }
        }
    }

    private static void assertStays(BudgetStore budget, boolean full) throws Exception {
        Thread.sleep(2_500); // at least two polls
        assertThat(budget.isFull()).isEqualTo(full);
    }
}

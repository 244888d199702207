package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.fixture.CommandStats;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The state of a Redis of 30 MB that fills up, empties and becomes unavailable. */
@Tag("contract")
class BudgetStateTest {

    private static final long MAX = 30L << 20;

    /** One poll per second, plus time for a busy machine. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private RedisProcess process;
    private Jedis redis;

    @BeforeEach
    void start() throws Exception {
        process = RedisProcess.start("--maxmemory", "30mb");
        redis = process.jedis();
    }

    @AfterEach
    void stop() {
        redis.close();
        process.close();
    }

    @Test
    void changeOfStateIsLogged() throws Exception {
        try (ServerProcess server = ServerProcess.start("redis.url: " + process.url())) {
            awaitState(server, BudgetState.BUDGET_STATE_OK);

            SampleKeys.fill(redis, 0.83, MAX);
            Eventually.within(
                    TIMEOUT,
                    "the log contains: Budget OK -> WARN: 83.",
                    () -> server.log().contains("Budget OK -> WARN: 83."));
            assertThat(server.log())
                    .containsPattern("WARN +MemoryLevelMonitor Budget OK -> WARN: 83.\\d % of memory in use \\("
                            + "26,\\d{3},\\d{3} of 31,457,280 bytes\\)");
            awaitState(server, BudgetState.BUDGET_STATE_WARN);
            GetBudgetResponse budget = SampleKeys.budget(server.channel());
            assertThat(budget.getMaxBytes()).isEqualTo(MAX);
            assertThat(budget.getUsedBytes()).isBetween(MAX * 82 / 100, MAX * 85 / 100);
            assertThat(budget.getKinds(0).getKind()).isEqualTo("cache:product");

            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(
                    TIMEOUT,
                    "the log contains: Budget WARN -> FULL: 92.",
                    () -> server.log().contains("Budget WARN -> FULL: 92.")
                            && server.log().contains("cached objects are not stored"));
            awaitState(server, BudgetState.BUDGET_STATE_FULL);

            redis.flushAll();
            Eventually.within(
                    TIMEOUT,
                    "the log contains: Budget FULL -> OK",
                    () -> server.log().contains("Budget FULL -> OK: "));
            assertThat(server.log()).containsPattern("INFO +MemoryLevelMonitor Budget FULL -> OK");
            awaitState(server, BudgetState.BUDGET_STATE_OK);
            assertThat(server.log()).doesNotContain("maxmemory-policy");
        }
    }

    @Test
    void fullEndsFivePercentBelowItsThreshold() throws Exception {
        try (RedisClient client = RedisClient.open(settings(process.url()).redis(), Ticker.systemTicker());
                BudgetStore budget = budget(client)) {
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

    @Test
    void stateStaysDuringAnOutage() throws Exception {
        try (RedisClient client = RedisClient.open(settings(process.url()).redis(), Ticker.systemTicker());
                BudgetStore budget = budget(client);
                TestServer server = TestServer.on(process.url())) {
            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(TIMEOUT, "the budget is full", budget::isFull);
            process.freeze();
            assertUnavailable(server);
            process.thaw();
            process.kill();
            assertUnavailable(server);
            pass(Duration.ofMillis(2_500));
            assertThat(budget.isFull()).isTrue();
            assertUnavailable(server);
            process.restart();
            Eventually.within(TIMEOUT, "the budget is not full", () -> !budget.isFull());
            Eventually.within(TIMEOUT, "the state is OK", () -> {
                try {
                    return SampleKeys.budget(server).getState() == BudgetState.BUDGET_STATE_OK;
                } catch (StatusRuntimeException notReady) {
                    return false;
                }
            });
        }
    }

    @Test
    void evictionPolicyIsWarnedAboutOnce() throws Exception {
        redis.configSet("maxmemory-policy", "volatile-ttl");
        try (ServerProcess server = ServerProcess.start("redis.url: " + process.url())) {
            awaitPolls(3);
            assertThat(server.log()).containsOnlyOnce("Redis has maxmemory-policy volatile-ttl (expected: noeviction)");
        }
    }

    @Test
    void failedReadsAreLoggedOnce() throws Exception {
        redis.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all", "-info");
        String url = "redis://app:secret@127.0.0.1:" + process.port();
        try (ServerProcess server = ServerProcess.start("redis.url: " + url)) {
            Eventually.within(
                    Duration.ofSeconds(10),
                    "the log contains: the budget stays OK",
                    () -> server.log().contains("the budget stays OK"));
            long calls = CommandStats.calls(redis, "evalsha");
            Eventually.within(
                    Duration.ofSeconds(10),
                    "4 more calls of evalsha",
                    () -> CommandStats.calls(redis, "evalsha") >= calls + 4);
            assertThat(server.log())
                    .containsOnlyOnce("Cannot read the memory usage of Redis (Redis rejected the call: ")
                    .contains("the budget stays OK");
            StatusRuntimeException e =
                    catchThrowableOfType(StatusRuntimeException.class, () -> SampleKeys.budget(server.channel()));
            assertThat(e.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
        }
    }

    @Test
    void closedServerStopsPolling() throws Exception {
        try (TestServer server = TestServer.on(process.url())) {
            SampleKeys.budget(server);
            assertThat(threads()).isPositive();
        }
        Eventually.within(TIMEOUT, "the polling thread ends", () -> threads() == 0);
    }

    /** GetBudget may return a result of a second ago, and a server that just started may not have reached Redis yet. */
    private static void awaitState(ServerProcess server, BudgetState state) {
        Eventually.within(TIMEOUT, "the state is " + state, () -> {
            try {
                return SampleKeys.budget(server.channel()).getState() == state;
            } catch (StatusRuntimeException notReady) {
                return false;
            }
        });
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("budget"))
                .count();
    }

    private static Settings settings(String url) throws Exception {
        return TestServer.configuration("redis.url: " + url).settings();
    }

    private BudgetStore budget(RedisClient client) throws Exception {
        return new BudgetStore(
                settings(process.url()).get(BudgetSettings.GROUP), SampleKeys.KINDS, client, Ticker.systemTicker());
    }

    private void emptyTo(double share) {
        while (SampleKeys.used(redis) > share * MAX) {
            for (int i = 0; i < 10; i++) {
                redis.del(redis.randomKey());
            }
        }
    }

    private static void assertStays(BudgetStore budget, boolean full) throws Exception {
        pass(Duration.ofMillis(2_500)); // at least two polls
        assertThat(budget.isFull()).isEqualTo(full);
    }

    private static void assertUnavailable(TestServer server) {
        long start = System.nanoTime();
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, () -> SampleKeys.budget(server));
        assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(700));
    }

    private void awaitPolls(int polls) {
        Eventually.within(TIMEOUT, polls + " calls of DBSIZE", () -> CommandStats.calls(redis, "dbsize") >= polls);
    }

    /** Waits while nothing must change. */
    private static void pass(Duration time) throws InterruptedException {
        Thread.sleep(time.toMillis());
    }
}

package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.Settings;
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
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The state of a Redis of 30 MB that fills up, empties and becomes unavailable. */
class BudgetStateTest {

    private static final long MAX = 30L << 20;

    /** A look a second, and some time for a busy machine. */
    private static final Duration SOON = Duration.ofSeconds(10);

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
                    SOON,
                    "the log contains: Budget OK -> WARN: 83.",
                    () -> server.log().contains("Budget OK -> WARN: 83."));
            assertThat(server.log())
                    .containsPattern("WARN +MemoryLevelMonitor Budget OK -> WARN: 83.\\d % of its memory are used \\("
                            + "26,\\d{3},\\d{3} of 31,457,280 bytes\\)");
            awaitState(server, BudgetState.BUDGET_STATE_WARN);
            GetBudgetResponse budget = SampleKeys.budget(server.channel());
            assertThat(budget.getMaxBytes()).isEqualTo(MAX);
            assertThat(budget.getUsedBytes()).isBetween(MAX * 82 / 100, MAX * 85 / 100);
            assertThat(budget.getKinds(0).getKind()).isEqualTo("cache:product");

            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(
                    SOON,
                    "the log contains: Budget WARN -> FULL: 92.",
                    () -> server.log().contains("Budget WARN -> FULL: 92.")
                            && server.log().contains("cached lookups are not stored"));
            awaitState(server, BudgetState.BUDGET_STATE_FULL);

            redis.flushAll();
            Eventually.within(
                    SOON,
                    "the log contains: Budget FULL -> OK",
                    () -> server.log().contains("Budget FULL -> OK: "));
            assertThat(server.log()).containsPattern("INFO +MemoryLevelMonitor Budget FULL -> OK");
            awaitState(server, BudgetState.BUDGET_STATE_OK);
            assertThat(server.log()).doesNotContain("maxmemory-policy");
        }
    }

    @Test
    void fullIsLeftFivePercentBelowItsMark() throws Exception {
        try (RedisClient door = RedisClient.open(settings(process.url()).redis(), Ticker.systemTicker());
                BudgetStore budget = budget(door)) {
            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(SOON, "the budget is full", budget::isFull);
            emptyTo(0.87);
            assertStays(budget, true);
            emptyTo(0.83);
            Eventually.within(SOON, "the budget is not full", () -> !budget.isFull());
            SampleKeys.fill(redis, 0.88, MAX);
            assertStays(budget, false);
        }
    }

    @Test
    void stateStaysDuringAnOutage() throws Exception {
        try (RedisClient door = RedisClient.open(settings(process.url()).redis(), Ticker.systemTicker());
                BudgetStore budget = budget(door);
                TestServer server = TestServer.on(process.url())) {
            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(SOON, "the budget is full", budget::isFull);
            process.freeze();
            assertUnavailable(server);
            process.thaw();
            process.kill();
            assertUnavailable(server);
            pass(Duration.ofMillis(2_500));
            assertThat(budget.isFull()).isTrue();
            assertUnavailable(server);
            process.restart();
            Eventually.within(SOON, "the budget is not full", () -> !budget.isFull());
            Eventually.within(SOON, "the state of the budget", () -> {
                try {
                    return SampleKeys.budget(server).getState() == BudgetState.BUDGET_STATE_OK;
                } catch (StatusRuntimeException notYet) {
                    return false;
                }
            });
        }
    }

    @Test
    void redisThatMayEvictIsWarnedOfOnce() throws Exception {
        redis.configSet("maxmemory-policy", "volatile-ttl");
        try (ServerProcess server = ServerProcess.start("redis.url: " + process.url())) {
            awaitLooks(3);
            assertThat(server.log()).containsOnlyOnce("Redis has maxmemory-policy volatile-ttl (expected: noeviction)");
        }
    }

    @Test
    void missingFiguresAreLoggedOnce() throws Exception {
        redis.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all", "-info");
        String url = "redis://app:secret@127.0.0.1:" + process.port();
        try (ServerProcess server = ServerProcess.start("redis.url: " + url)) {
            Eventually.within(
                    Duration.ofSeconds(10),
                    "the log contains: the budget stays OK",
                    () -> server.log().contains("the budget stays OK"));
            long calls = Stats.calls(redis, "evalsha");
            Eventually.within(
                    Duration.ofSeconds(10),
                    "4 more calls of evalsha",
                    () -> Stats.calls(redis, "evalsha") >= calls + 4);
            assertThat(server.log())
                    .containsOnlyOnce("Redis does not tell how much memory it has used (Redis rejected the call: ")
                    .contains("the budget stays OK");
            StatusRuntimeException e =
                    catchThrowableOfType(StatusRuntimeException.class, () -> SampleKeys.budget(server.channel()));
            assertThat(e.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
        }
    }

    @Test
    void closedServerAsksNoMore() throws Exception {
        try (TestServer server = TestServer.on(process.url())) {
            SampleKeys.budget(server);
            assertThat(threads()).isPositive();
        }
        Eventually.within(SOON, "the threads end", () -> threads() == 0);
    }

    /** GetBudget may give the answer of a second ago, and a server that just started may not have reached Redis yet. */
    private static void awaitState(ServerProcess server, BudgetState state) {
        Eventually.within(SOON, "the state of the budget", () -> {
            try {
                return SampleKeys.budget(server.channel()).getState() == state;
            } catch (StatusRuntimeException notYet) {
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

    private BudgetStore budget(RedisClient door) throws Exception {
        return new BudgetStore(
                settings(process.url()).get(BudgetSettings.GROUP), SampleKeys.KINDS, door, Ticker.systemTicker());
    }

    private void emptyTo(double share) {
        while (SampleKeys.used(redis) > share * MAX) {
            for (int i = 0; i < 10; i++) {
                redis.del(redis.randomKey());
            }
        }
    }

    private static void assertStays(BudgetStore budget, boolean full) throws Exception {
        pass(Duration.ofMillis(2_500)); // two looks
        assertThat(budget.isFull()).isEqualTo(full);
    }

    private static void assertUnavailable(TestServer server) {
        long began = System.nanoTime();
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, () -> SampleKeys.budget(server));
        assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(700));
    }

    private void awaitLooks(int looks) {
        Eventually.within(
                Duration.ofSeconds(10), "enough calls of dbsize", () -> Stats.calls(redis, "dbsize") >= looks);
    }

    /** Time in which nothing must change. */
    private static void pass(Duration time) throws InterruptedException {
        Thread.sleep(time.toMillis());
    }
}

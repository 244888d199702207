package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.grpc.Channel;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** The state of a Redis of 30 MB that fills up, empties and becomes unavailable. */
@Tag("contract")
class BudgetStateTest {

    private static final long MAX = 30L << 20;

    /** One read per second, plus time for a busy machine. */
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @AutoClose
    private final RedisProcess process = RedisProcess.start("--maxmemory", "30mb");

    @AutoClose
    private final Jedis redis = process.jedis();

    private final String yaml = "redis.url: " + process.url();
    private final AtomicLong nanos = new AtomicLong();
    private final MemoryPressure pressure = new MemoryPressure(nanos::get);

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
                BudgetStore budget = SampleKeys.store(yaml, client, pressure, nanos::get)) {
            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(TIMEOUT, "the budget is full", () -> isFull(budget));
            emptyTo(0.87);
            assertThat(usageAfterASecond(budget)).succeedsWithin(TIMEOUT);
            assertThat(pressure.refuses(StateClass.CACHE)).isTrue();
            emptyTo(0.83);
            Eventually.within(TIMEOUT, "the budget is not full", () -> !isFull(budget));
            SampleKeys.fill(redis, 0.88, MAX);
            assertThat(usageAfterASecond(budget)).succeedsWithin(TIMEOUT);
            assertThat(pressure.refuses(StateClass.CACHE)).isFalse();
        }
    }

    @Tag("latency")
    @Test
    void stateStaysDuringAnOutage() throws Exception {
        try (RedisClient client = TestRedisClient.open(yaml).redis();
                BudgetStore budget = SampleKeys.store(yaml, client, pressure, nanos::get);
                TestServer server = TestServer.on(process.url())) {
            SampleKeys.fill(redis, 0.92, MAX);
            Eventually.within(TIMEOUT, "the budget is full", () -> isFull(budget));
            process.freeze();
            StatusAssert.unavailableSoon(() -> SampleKeys.budget(server.channel()));
            process.thaw();
            process.kill();
            StatusAssert.unavailableSoon(() -> SampleKeys.budget(server.channel()));
            Eventually.within(TIMEOUT, "each read fails at once", () -> !client.isAvailable());
            assertThat(isFull(budget)).isTrue();
            nanos.addAndGet(Duration.ofSeconds(5).toNanos());
            budget.readAfterCalls();
            assertThat(pressure.refuses(StateClass.CACHE)).isTrue();
            StatusAssert.unavailableSoon(() -> SampleKeys.budget(server.channel()));
            process.restart();
            Eventually.within(TIMEOUT, "the budget is not full", () -> !isFull(budget));
            awaitState(server.channel(), BudgetState.BUDGET_STATE_OK);
        }
    }

    @Test
    void everyChangeToAnEvictionPolicyIsWarnedAboutOnce() throws Exception {
        redis.configSet("maxmemory-policy", "volatile-ttl");
        try (ServerProcess server = ServerProcess.start(yaml)) {
            awaitReads(server, 3);
            assertThat(server.log()).containsOnlyOnce("Redis has maxmemory-policy volatile-ttl (expected: noeviction)");
            redis.configSet("maxmemory-policy", "allkeys-lru");
            awaitReads(server, 3);
            redis.configSet("maxmemory-policy", "noeviction");
            awaitReads(server, 3);
            assertThat(server.log()).containsOnlyOnce("Redis has maxmemory-policy allkeys-lru");
            assertThat(server.log()).containsOnlyOnce("Redis has maxmemory-policy volatile-ttl");
        }
    }

    private void awaitReads(ServerProcess server, int reads) {
        long before = memoryReads();
        Eventually.within(Duration.ofSeconds(20), reads + " reads", () -> {
            Retry.untilAvailable(TIMEOUT, () -> SampleKeys.budget(server.channel()));
            return memoryReads() >= before + reads;
        });
    }

    private long memoryReads() {
        return RedisProcess.calls(redis, "dbsize");
    }

    @Test
    void memoryIsReadAfterCallsAndNotByTheClock() throws Exception {
        try (TestServer server = TestServer.on(process.url())) {
            Eventually.within(TIMEOUT, "the first read", () -> memoryReads() > 0);
            long reads = memoryReads();
            TimeUnit.SECONDS.sleep(3); // time is what is tested
            assertThat(memoryReads()).as("reads while idle").isEqualTo(reads);
            server.rateLimits()
                    .checkRate(CheckRateRequest.newBuilder()
                            .setUserId(UniqueIds.next())
                            .setAction("api_hits")
                            .build());
            Eventually.within(TIMEOUT, "a read after a call", () -> memoryReads() > reads);
        }
    }

    @Test
    void withoutInfoTheStateIsUnknownAndARejectedPutStopsPutsOnly() throws Exception {
        String url = userWithout("-info", "-dbsize", "-memory", "-randomkey", "-scan");
        try (ServerProcess server = ServerProcess.start("redis.url: " + url)) {
            awaitState(server.channel(), BudgetState.BUDGET_STATE_UNKNOWN);
            awaitLog(server, "Budget OK -> UNKNOWN: Redis does not report used_memory");
            GetBudgetResponse budget = SampleKeys.budget(server.channel());
            assertThat(budget.getUsedBytes() + budget.getMaxBytes() + budget.getKeys() + budget.getKindsCount())
                    .isZero();
            assertThat(budget.hasReadTime()).isTrue();

            redis.set("foreign", "x".repeat(1_000_000), SetParams.setParams().ex(60));
            redis.configSet("maxmemory", Long.toString(SampleKeys.used(redis)));
            assertPutIsRejected(server);
            redis.del("foreign");
            assertPutIsRejected(server);
            server.rateLimits()
                    .checkRate(CheckRateRequest.newBuilder()
                            .setUserId(UniqueIds.next())
                            .setAction("api_hits")
                            .build());
            assertThat(server.log()).containsOnlyOnce("-> UNKNOWN");
        }
    }

    private static void assertPutIsRejected(ServerProcess server) {
        var cache = CacheServiceGrpc.newBlockingStub(server.channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
        StatusAssert.hasStatus(
                Code.RESOURCE_EXHAUSTED,
                "ERROR_REASON_BUDGET_FULL",
                () -> cache.putCachedUser(PutCachedUserRequest.newBuilder()
                        .setId(UniqueIds.next())
                        .setJson("{}")
                        .build()));
    }

    @Test
    void kindsAreLeftOutWhereRedisDoesNotPermitToMeasureThem() throws Exception {
        SampleKeys.write(redis, SampleKeys.Sample.RATE, 10);
        try (TestServer server = TestServer.on(userWithout("-memory", "-randomkey", "-scan"))) {
            GetBudgetResponse budget = SampleKeys.budget(server.channel());
            assertThat(budget.getState()).isEqualTo(BudgetState.BUDGET_STATE_OK);
            assertThat(budget.getKeys()).isEqualTo(10);
            assertThat(budget.getUsedBytes()).isPositive();
            assertThat(budget.getKindsList()).isEmpty();
        }
        try (TestServer server = TestServer.on(userWithout("-dbsize", "-scan"))) {
            assertThat(SampleKeys.budget(server.channel()).getUsedBytes()).isPositive();
        }
    }

    /** The address for a user without these commands. */
    private String userWithout(String... commands) {
        String[] rules = Stream.concat(Stream.of("reset", "on", ">secret", "~*", "&*", "+@all"), Stream.of(commands))
                .toArray(String[]::new);
        redis.aclSetUser("app", rules);
        return "redis://app:secret@127.0.0.1:" + process.port();
    }

    @Test
    void closedServerStopsReading() throws Exception {
        long before = threads();
        try (TestServer server = TestServer.on(process.url())) {
            SampleKeys.budget(server.channel());
            assertThat(threads()).isEqualTo(before + 1);
        }
        Eventually.within(TIMEOUT, "its thread ends", () -> threads() == before);
    }

    /** GetBudget may return a result of a second ago, and a server that just started may not have reached Redis yet. */
    private static void awaitState(Channel channel, BudgetState state) {
        Eventually.within(TIMEOUT, "the state is " + state, () -> {
            GetBudgetResponse budget = Retry.untilAvailable(TIMEOUT, () -> SampleKeys.budget(channel));
            return budget.getState() == state;
        });
    }

    private static void awaitLog(ServerProcess server, String text) {
        Eventually.within(TIMEOUT, "the log contains: " + text, () -> {
            Retry.untilAvailable(TIMEOUT, () -> SampleKeys.budget(server.channel()));
            return server.log().contains(text);
        });
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

    private boolean isFull(BudgetStore budget) throws Exception {
        var unused = usageAfterASecond(budget).handle((usage, failure) -> true).get(5, TimeUnit.SECONDS);
        return pressure.refuses(StateClass.CACHE);
    }

    /** A read is shared for a second. */
    private CompletableFuture<BudgetUsage> usageAfterASecond(BudgetStore budget) {
        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        return budget.usage();
    }
}

package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.protobuf.util.Durations;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Retry;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.CacheState;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** A flood of cached objects takes no memory that limits, codes and tokens need. */
@Tag("contract")
class CacheOnFullRedisTest {

    private static final String FIVE_KILOBYTES = "{\"a\":\"" + "x".repeat(5_112) + "\"}";
    private static final int CALLS_IN_FLIGHT = 64;

    @AutoClose
    private final RedisProcess process = RedisProcess.start();

    @AutoClose
    private final Jedis redis = process.jedis();

    /** Floods two servers with puts, or with misses and a quarter of puts. */
    @ParameterizedTest(name = "one of {0} calls is a put")
    @ValueSource(ints = {1, 4})
    @Timeout(180)
    void floodOfPutsAndMissesIsRejectedAndLimitsStillWork(int callsPerPut) throws Exception {
        redis.configSet("maxmemory", "30mb");
        String yaml = "redis.timeout: 500ms\nredis.url: " + process.url();
        try (ServerProcess first = ServerProcess.start(yaml);
                ServerProcess second = ServerProcess.start(yaml)) {
            fillTwoThirds(redis);
            Map<String, Integer> outcomes = new ConcurrentHashMap<>();
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong maxUsedMemory = new AtomicLong();
            Concurrently.run(1 + 2 * CALLS_IN_FLIGHT, runner -> {
                if (runner > 0) {
                    ServerProcess server = runner % 2 == 0 ? first : second;
                    flood(new CachedUserCalls(server.channel()), callsPerPut, outcomes, stop);
                    return runner;
                }
                for (int i = 0; i < 50 || outcomes.getOrDefault("ERROR_REASON_BUDGET_FULL", 0) < 1_000; i++) {
                    checkLimit(first);
                    checkLimit(second);
                    maxUsedMemory.accumulateAndGet(number("memory", "used_memory"), Math::max);
                }
                stop.set(true);
                return runner;
            });
            assertThat(outcomes.keySet())
                    .contains("OK", "ERROR_REASON_BUDGET_FULL")
                    .isSubsetOf("OK", "ERROR_REASON_BUDGET_FULL", "ERROR_REASON_REDIS_UNAVAILABLE");
            assertThat(maxUsedMemory).hasValueLessThan(30L << 20);
            assertThat(number("stats", "evicted_keys")).isZero();
            assertThat(redis.info("errorstats")).doesNotContain("OOM");
            Topology.assertAllExpire(redis);
        }
    }

    private static void flood(
            CachedUserCalls users, int callsPerPut, Map<String, Integer> outcomes, AtomicBoolean stop) {
        while (!stop.get() && !Thread.currentThread().isInterrupted()) {
            String id = UniqueIds.next();
            String outcome = "OK";
            try {
                if (id.hashCode() % callsPerPut == 0) {
                    users.put(id, FIVE_KILOBYTES);
                } else {
                    users.get(id);
                }
            } catch (StatusRuntimeException e) {
                outcome = EphemeralErrors.reasonName(e).orElseGet(e::toString);
            }
            outcomes.merge(outcome, 1, Integer::sum);
        }
    }

    /** Repeats a check that fails with UNAVAILABLE, because the flood slows the machine. A full Redis fails otherwise. */
    private static void checkLimit(ServerProcess server) {
        var check = CheckRateRequest.newBuilder().setUserId(UniqueIds.next()).setAction("api_hits");
        assertThat(Retry.untilAvailable(
                        Duration.ofMinutes(1), () -> server.rateLimits().checkRate(check.build())))
                .matches(CheckRateResponse::getAllowed);
    }

    /** Shortens the flood. */
    private static void fillTwoThirds(Jedis redis) {
        try (var pipeline = redis.pipelined()) {
            for (int i = 0; i < 3_300; i++) {
                pipeline.set(
                        "filled:" + i, FIVE_KILOBYTES, SetParams.setParams().px(600_000));
            }
        }
    }

    @Test
    void rejectedPutHasNoEffectAndReturnsAReasonAndARetryDelay() {
        try (TestServer server = TestServer.on(process.url())) {
            CachedUserCalls users = new CachedUserCalls(server.channel());
            users.put("id", "{\"old\":1}");
            String lease = users.get("other").getLease();
            useUp(93);
            assertBudgetFull(() -> users.put("id", "{}"));
            assertBudgetFull(() -> users.putNegative("id", ""));
            assertBudgetFull(() -> users.put("other", "{}", lease));
            assertThat(users.get("id").getJson()).isEqualTo("{\"old\":1}");
            assertThat(redis.get("{cache:user:other}:lease")).isEqualTo(lease);
            assertThat(users.evict("id")).as("an eviction is not rejected").isTrue();

            redis.configSet("maxmemory", "0");
            assertThat(users.put("other", "{}", lease)).isTrue();
        }
    }

    @Test
    void missReturnsAWaitAndNoLeaseWhileRedisIsFull() {
        try (TestServer server = TestServer.on(process.url())) {
            CachedUserCalls users = new CachedUserCalls(server.channel());
            users.get("another");
            useUp(97);
            var wait = GetCachedUserResponse.newBuilder().setState(CacheState.CACHE_STATE_MISS);
            assertThat(users.get("id"))
                    .isEqualTo(wait.setWait(Durations.fromSeconds(5)).build());
            assertThat(redis.exists("{cache:user:id}:lease")).isFalse();
        }
    }

    @Test
    void putsAreStoredIfTheAclForbidsInfo() {
        redis.configSet("maxmemory", "30mb");
        redis.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all", "-info");
        try (TestServer server = TestServer.on(process.url().replace("//", "//app:secret@"))) {
            assertThat(new CachedUserCalls(server.channel()).put("id", "{}")).isTrue();
        }
    }

    @Test
    void putIsRejectedWithoutARedisCommandWhileTheBudgetIsFull() {
        String yaml = "redis.url: " + process.url();
        try (RedisClient client = TestRedisClient.open(yaml).redis()) {
            MemoryPressure full = new MemoryPressure(Ticker.systemTicker());
            full.measured(91, 100);
            CacheStore cache = new CacheStore(TestServer.settings(yaml).get(CacheSettings.GROUP), client, full);
            assertThat(cache.put("cache:user:id", CacheValue.json("{}"), ""))
                    .isCompletedExceptionally()
                    .failsWithin(Duration.ZERO)
                    .withThrowableThat()
                    .withCauseInstanceOf(BudgetFullException.class);
        }
    }

    /** Limits the memory so that this share of it is in use. */
    private void useUp(int percent) {
        redis.configSet("maxmemory", Long.toString(number("memory", "used_memory") * 100 / percent));
    }

    private static void assertBudgetFull(ThrowingCallable put) {
        StatusRuntimeException e = StatusAssert.hasStatus(Code.RESOURCE_EXHAUSTED, "ERROR_REASON_BUDGET_FULL", put);
        assertThat(StatusAssert.detail(e, RetryInfo.class).getRetryDelay().getSeconds())
                .isEqualTo(1);
    }

    private long number(String section, String field) {
        return Long.parseLong(redis.info(section).replaceAll("(?s).*\\b" + field + ":(\\d+).*", "$1"));
    }
}

package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CacheState;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.PutCachedUserResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** A flood of cached objects takes no memory that limits, codes and tokens need. */
@Tag("contract")
class CacheOnFullRedisTest {

    private static final String FIVE_KILOBYTES = "{\"a\":\"" + "x".repeat(5_112) + "\"}";
    private static final String[] THIRTY_MEGABYTES = {"--maxmemory", "30mb", "--maxmemory-policy", "noeviction"};
    private static final int CALLS_IN_FLIGHT = 64;

    @Test
    @Timeout(180)
    void floodOfPutsOnTwoServersIsRejectedAndLimitsStillWork() throws Exception {
        flood((stub, id, observer) -> stub.putCachedUser(
                PutCachedUserRequest.newBuilder()
                        .setId(id)
                        .setJson(FIVE_KILOBYTES)
                        .build(),
                observer));
    }

    @Test
    @Timeout(180)
    void floodOfMissesOnAFullRedisLeavesRoomForLimits() throws Exception {
        flood((stub, id, observer) -> {
            if (id.hashCode() % 4 == 0) {
                stub.putCachedUser(
                        PutCachedUserRequest.newBuilder()
                                .setId(id)
                                .setJson(FIVE_KILOBYTES)
                                .build(),
                        observer);
            } else {
                stub.getCachedUser(
                        GetCachedUserRequest.newBuilder().setId(id).build(),
                        new OutcomeCounter<GetCachedUserResponse>(observer));
            }
        });
    }

    private interface Call {
        void make(CacheServiceGrpc.CacheServiceStub stub, String id, StreamObserver<PutCachedUserResponse> observer);
    }

    /** Counts the outcomes of calls with another response type. */
    private record OutcomeCounter<T>(StreamObserver<PutCachedUserResponse> counter) implements StreamObserver<T> {
        @Override
        public void onNext(T value) {}

        @Override
        public void onError(Throwable t) {
            counter.onError(t);
        }

        @Override
        public void onCompleted() {
            counter.onCompleted();
        }
    }

    private static void flood(Call call) throws Exception {
        try (RedisProcess redis = RedisProcess.start(THIRTY_MEGABYTES);
                ServerProcess first = ServerProcess.start(yaml(redis));
                ServerProcess second = ServerProcess.start(yaml(redis));
                Jedis jedis = redis.jedis()) {
            fillTwoThirds(jedis);
            Map<String, LongAdder> outcomes = new ConcurrentHashMap<>();
            AtomicBoolean stop = new AtomicBoolean();
            List<Thread> floods = List.of(flood(first, call, outcomes, stop), flood(second, call, outcomes, stop));
            long maxUsedMemory = 0;
            int checks = 0;
            while (checks < 50 || rejections(outcomes) < 1_000) {
                checkLimit(first);
                checkLimit(second);
                maxUsedMemory = Math.max(maxUsedMemory, number(jedis.info("memory"), "used_memory"));
                checks++;
            }
            stop.set(true);
            for (Thread flood : floods) {
                flood.join(20_000);
            }
            assertThat(outcomes.keySet())
                    .contains("OK", "ERROR_REASON_BUDGET_FULL")
                    .isSubsetOf("OK", "ERROR_REASON_BUDGET_FULL", "ERROR_REASON_REDIS_UNAVAILABLE");
            assertThat(maxUsedMemory).isLessThan(30L << 20);
            assertThat(number(jedis.info("stats"), "evicted_keys")).isZero();
            assertThat(jedis.info("errorstats")).doesNotContain("OOM");
            Invariant.assertAllExpire(jedis);
        }
    }

    /** Repeats a check that fails with UNAVAILABLE, because the flood slows the machine. A full Redis fails otherwise. */
    private static void checkLimit(ServerProcess server) {
        var check = CheckRateRequest.newBuilder()
                .setUserId(UniqueIds.next())
                .setAction("api_hits")
                .build();
        while (true) {
            try {
                assertThat(server.rateLimits().checkRate(check).getAllowed()).isTrue();
                return;
            } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
            }
        }
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

    private static String yaml(RedisProcess redis) {
        return "redis.timeout: 500ms\nredis.url: " + redis.url();
    }

    private static long rejections(Map<String, LongAdder> outcomes) {
        return outcomes.getOrDefault("ERROR_REASON_BUDGET_FULL", new LongAdder())
                .sum();
    }

    private static Thread flood(ServerProcess server, Call call, Map<String, LongAdder> outcomes, AtomicBoolean stop) {
        var stub = CacheServiceGrpc.newStub(server.channel());
        Semaphore permits = new Semaphore(CALLS_IN_FLIGHT);
        Thread thread = new Thread(() -> {
            while (!stop.get()) {
                permits.acquireUninterruptibly();
                call.make(stub.withDeadlineAfter(20, TimeUnit.SECONDS), UniqueIds.next(), new StreamObserver<>() {
                    @Override
                    public void onNext(PutCachedUserResponse stored) {}

                    @Override
                    public void onError(Throwable failure) {
                        count(reason(failure));
                    }

                    @Override
                    public void onCompleted() {
                        count("OK");
                    }

                    private void count(String outcome) {
                        outcomes.computeIfAbsent(outcome, o -> new LongAdder()).increment();
                        permits.release();
                    }
                });
            }
            permits.acquireUninterruptibly(CALLS_IN_FLIGHT);
        });
        thread.start();
        return thread;
    }

    @Test
    void rejectedPutHasNoEffectAndReturnsAReasonAndARetryDelay() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url());
                Jedis jedis = redis.jedis()) {
            CachedUserCalls users = new CachedUserCalls(server.channel());
            String id = UniqueIds.next();
            String other = UniqueIds.next();
            users.put(id, "{\"old\":1}");
            String lease = users.get(other).getLease();
            jedis.configSet("maxmemory", Long.toString(number(jedis.info("memory"), "used_memory") * 100 / 93));
            assertBudgetFull(() -> users.put(id, "{}"));
            assertBudgetFull(() -> users.putNegative(id, ""));
            assertBudgetFull(() -> users.put(other, "{}", lease));
            assertThat(users.get(id).getJson()).isEqualTo("{\"old\":1}");
            assertThat(jedis.get("{cache:user:" + other + "}:lease")).isEqualTo(lease);
            assertThat(users.evict(id)).as("an eviction is not rejected").isTrue();

            jedis.configSet("maxmemory", "0");
            assertThat(users.put(other, "{}", lease)).isTrue();
        }
    }

    @Test
    void missReturnsAWaitAndNoLeaseWhileRedisIsFull() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url());
                Jedis jedis = redis.jedis()) {
            CachedUserCalls users = new CachedUserCalls(server.channel());
            String id = UniqueIds.next();
            users.get(UniqueIds.next());
            jedis.configSet("maxmemory", Long.toString(number(jedis.info("memory"), "used_memory") * 100 / 97));
            GetCachedUserResponse response = users.get(id);
            assertThat(response.getState()).isEqualTo(CacheState.CACHE_STATE_MISS);
            assertThat(response.getLease()).isEmpty();
            assertThat(CachedUserCalls.millis(response.getWait())).isEqualTo(5_000);
            assertThat(jedis.exists("{cache:user:" + id + "}:lease")).isFalse();
        }
    }

    @Test
    void putsAreStoredIfTheAclForbidsInfo() throws Exception {
        try (RedisProcess redis = RedisProcess.start("--maxmemory", "30mb");
                Jedis jedis = redis.jedis()) {
            jedis.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all", "-info");
            try (TestServer server = TestServer.on(redis.url().replace("//", "//app:secret@"))) {
                assertThat(new CachedUserCalls(server.channel()).put(UniqueIds.next(), "{}"))
                        .isTrue();
            }
        }
    }

    @Test
    void putIsRejectedWithoutARedisCommandWhileTheBudgetIsFull() throws Exception {
        Settings settings =
                TestServer.configuration("redis.url: " + TestRedis.url()).settings();
        try (RedisClient redis = RedisClient.open(settings.redis(), Ticker.systemTicker())) {
            CacheStore cache = new CacheStore(settings.get(CacheSettings.GROUP), redis, () -> true);
            var put = cache.put("cache:user:" + UniqueIds.next(), CacheValue.json("{}"), "");
            assertThat(put.isDone()).isTrue();
            assertThat(catchThrowable(put::join))
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(BudgetFullException.class);
        }
    }

    private static void assertBudgetFull(ThrowingCallable put) {
        StatusRuntimeException e = StatusAssert.hasStatus(Code.RESOURCE_EXHAUSTED, "ERROR_REASON_BUDGET_FULL", put);
        assertThat(StatusAssert.detail(e, RetryInfo.class).getRetryDelay().getSeconds())
                .isEqualTo(1);
    }

    private static String reason(@Nullable Throwable failure) {
        try {
            return StatusProto.fromThrowable(failure)
                    .getDetails(0)
                    .unpack(ErrorInfo.class)
                    .getReason();
        } catch (IOException | RuntimeException e) {
            return String.valueOf(failure);
        }
    }

    private static long number(String info, String field) {
        return info.lines()
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line ->
                        Long.parseLong(line.substring(field.length() + 1).strip()))
                .findFirst()
                .orElse(0);
    }
}

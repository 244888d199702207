package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a caller gets while Redis is away, and when it is back. */
class RateLimitOutageTest {

    private static final Duration LONGEST_ANSWER = Duration.ofMillis(600);

    private final String user = UniqueIds.next();

    @Test
    void callsAreUnavailableInTimeAndWorkAgainSoonAfterItsReturn() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            assertThat(allowed(server)).isTrue();
            redis.kill();
            Eventually.within(Duration.ofSeconds(3), () -> {
                StatusRuntimeException e = unavailable(server);
                assertThat(StatusProto.fromThrowable(e).getDetailsList())
                        .anyMatch(detail -> detail.is(RetryInfo.class))
                        .anyMatch(detail -> detail.is(ErrorInfo.class));
                return !isServing(server, Server.READINESS);
            });
            assertThat(isServing(server, "")).as("alive all the same").isTrue();
            redis.restart();
            Eventually.within(Duration.ofSeconds(2), () -> {
                try {
                    return allowed(server) && isServing(server, Server.READINESS);
                } catch (StatusRuntimeException notYet) {
                    return false;
                }
            });
        }
    }

    @Test
    void frozenRedisIsNoHang() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            assertThat(allowed(server)).isTrue();
            redis.freeze();
            for (int i = 0; i < 5; i++) {
                unavailable(server);
            }
            redis.thaw();
            Eventually.within(Duration.ofSeconds(2), () -> {
                try {
                    return server.rateLimits()
                            .checkRate(check(user, "api_hits"))
                            .getAllowed();
                } catch (StatusRuntimeException notYet) {
                    return false;
                }
            });
        }
    }

    @Test
    void serverThatStartsFirstIsAliveAndBecomesReadyWhenRedisComes() throws Exception {
        RedisProcess redis = RedisProcess.start();
        redis.kill();
        try (redis;
                TestServer server = TestServer.on(redis.url())) {
            assertThat(isServing(server, "")).isTrue();
            assertThat(isServing(server, Server.READINESS)).isFalse();
            assertThat(isServing(server, RateLimitServiceGrpc.SERVICE_NAME)).isFalse();
            unavailable(server);
            redis.restart();
            Eventually.within(Duration.ofSeconds(3), () -> isServing(server, Server.READINESS));
            assertThat(allowed(server)).isTrue();
            assertThat(isServing(server, RateLimitServiceGrpc.SERVICE_NAME)).isTrue();
        }
    }

    @Test
    void fullQueueIsRefusedAtOnce() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(
                        redis.url(),
                        "redis.max_queued_calls: 8",
                        "redis.max_calls_per_script: 1",
                        "redis.max_scripts_in_flight: 1",
                        "redis.timeout: 500ms")) {
            assertThat(allowed(server)).isTrue();
            redis.freeze();
            var calls = RateLimitServiceGrpc.newFutureStub(server.channel()).withDeadlineAfter(10, TimeUnit.SECONDS);
            AtomicInteger refused = new AtomicInteger();
            AtomicInteger refusedFirst = new AtomicInteger();
            CountDownLatch done = new CountDownLatch(100);
            for (int i = 0; i < 100; i++) {
                var call = calls.checkRate(check(user, "api_hits"));
                call.addListener(
                        () -> {
                            Code code = Code.OK;
                            try {
                                call.get();
                            } catch (Exception e) {
                                code = io.grpc.Status.fromThrowable(e).getCode();
                            }
                            if (code == Code.RESOURCE_EXHAUSTED) {
                                refused.incrementAndGet();
                            } else {
                                refusedFirst.compareAndSet(0, refused.get());
                            }
                            done.countDown();
                        },
                        Runnable::run);
            }
            assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(refused.get()).isGreaterThanOrEqualTo(80);
            assertThat(refusedFirst.get())
                    .as("before any other call was answered")
                    .isEqualTo(refused.get());
            redis.thaw();
        }
    }

    @Test
    void batchOfIndependentChecksIsUnavailableToo() throws Exception {
        withRedisAway("unavailable", server -> {
            var batch = BatchCheckRateRequest.newBuilder()
                    .addRequests(check(user, "login_attempts"))
                    .addRequests(check(user, "api_hits"))
                    .build();
            StatusRuntimeException e = catchThrowableOfType(
                    StatusRuntimeException.class, () -> server.rateLimits().batchCheckRate(batch));
            assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        });
    }

    @Test
    void denyAnswersWithoutRedis() throws Exception {
        withRedisAway("deny", server -> {
            CheckRateResponse answer = server.rateLimits().checkRate(check(user, "login_attempts"));
            assertThat(answer.getAllowed()).isFalse();
            assertThat(answer.getDegraded()).isTrue();
        });
    }

    @Test
    void allowAnswersWithoutRedis() throws Exception {
        withRedisAway("allow", server -> {
            CheckRateResponse answer = server.rateLimits().checkRate(check(user, "login_attempts"));
            assertThat(answer.getAllowed()).isTrue();
            assertThat(answer.getDegraded()).isTrue();
        });
    }

    @Test
    void localCountsInThisProcess() throws Exception {
        withRedisAway("local", server -> {
            List<CheckRateResponse> answers = IntStream.range(0, 7)
                    .mapToObj(i -> server.rateLimits().checkRate(check(user, "login_attempts")))
                    .toList();
            assertThat(answers)
                    .extracting(CheckRateResponse::getAllowed)
                    .containsExactly(true, true, true, true, true, false, false);
            assertThat(answers).extracting(CheckRateResponse::getRemaining).containsExactly(4, 3, 2, 1, 0, 0, 0);
            assertThat(answers).allMatch(CheckRateResponse::getDegraded);
            assertThat(answers.get(6).hasRetryAfter()).isTrue();
            var batch = server.rateLimits()
                    .batchCheckRate(BatchCheckRateRequest.newBuilder()
                            .setMode(BatchMode.BATCH_MODE_ALL_OR_NOTHING)
                            .addRequests(check(user, "api_hits", 60))
                            .addRequests(check(user, "login_attempts"))
                            .build());
            assertThat(batch.getAllowed()).isFalse();
            assertThat(server.rateLimits()
                            .checkRate(check(user, "api_hits", 60))
                            .getAllowed())
                    .as("nothing was taken")
                    .isTrue();
        });
    }

    private interface Calls {
        void make(TestServer server);
    }

    private static void withRedisAway(String onRedisFailure, Calls calls) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), "rate_limit.on_redis_failure: " + onRedisFailure)) {
            redis.kill();
            calls.make(server);
        }
    }

    private boolean allowed(TestServer server) {
        return server.rateLimits().checkRate(check(user, "login_attempts")).getAllowed();
    }

    private StatusRuntimeException unavailable(TestServer server) {
        long begin = System.nanoTime();
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, () -> allowed(server));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LONGEST_ANSWER);
        assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
        return e;
    }

    private static boolean isServing(TestServer server, String name) {
        return HealthGrpc.newBlockingStub(server.channel())
                        .withDeadlineAfter(5, TimeUnit.SECONDS)
                        .check(HealthCheckRequest.newBuilder().setService(name).build())
                        .getStatus()
                == ServingStatus.SERVING;
    }
}

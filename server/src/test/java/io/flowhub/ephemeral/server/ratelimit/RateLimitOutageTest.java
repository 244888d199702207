package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Readiness, full queues, and each value of {@code rate_limit.on_redis_failure} during an outage. */
@Tag("fault")
class RateLimitOutageTest {

    private final String user = UniqueIds.next();

    @Test
    void serverIsAliveButNotReadyDuringAnOutage() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            assertThat(allowed(server)).isTrue();
            redis.kill();
            Eventually.within(
                    Duration.ofSeconds(3),
                    "the server is not ready",
                    () -> !Readiness.isServing(server.channel(), Server.READINESS));
            assertThat(Readiness.isServing(server.channel(), "")).as("alive").isTrue();
            redis.restart();
            Eventually.within(
                    Duration.ofSeconds(2),
                    "the server is ready",
                    () -> Readiness.isServing(server.channel(), Server.READINESS));
        }
    }

    @Test
    void serverThatStartsBeforeRedisIsAliveAndBecomesReadyLater() throws Exception {
        RedisProcess redis = RedisProcess.start();
        redis.kill();
        try (redis;
                TestServer server = TestServer.on(redis.url())) {
            assertThat(Readiness.isServing(server.channel(), "")).isTrue();
            assertThat(Readiness.isServing(server.channel(), Server.READINESS)).isFalse();
            assertThat(Readiness.isServing(server.channel(), RateLimitServiceGrpc.SERVICE_NAME))
                    .isFalse();
            StatusAssert.unavailableSoon(() -> allowed(server));
            redis.restart();
            Eventually.within(
                    Duration.ofSeconds(3),
                    "the server is ready",
                    () -> Readiness.isServing(server.channel(), Server.READINESS));
            assertThat(allowed(server)).isTrue();
            assertThat(Readiness.isServing(server.channel(), RateLimitServiceGrpc.SERVICE_NAME))
                    .isTrue();
        }
    }

    @Test
    void fullQueueRejectsAtOnce() throws Exception {
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
            AtomicInteger rejected = new AtomicInteger();
            AtomicInteger rejectedBeforeAnyOther = new AtomicInteger();
            CountDownLatch done = new CountDownLatch(100);
            for (int i = 0; i < 100; i++) {
                var call = calls.checkRate(check(user, "api_hits"));
                call.addListener(
                        () -> {
                            Code code = Code.OK;
                            try {
                                call.get();
                            } catch (Exception e) {
                                code = Status.fromThrowable(e).getCode();
                            }
                            if (code == Code.RESOURCE_EXHAUSTED) {
                                rejected.incrementAndGet();
                            } else {
                                rejectedBeforeAnyOther.compareAndSet(0, rejected.get());
                            }
                            done.countDown();
                        },
                        Runnable::run);
            }
            assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(rejected.get()).isGreaterThanOrEqualTo(80);
            assertThat(rejectedBeforeAnyOther.get())
                    .as("rejected before any other call completed")
                    .isEqualTo(rejected.get());
            redis.thaw();
        }
    }

    @Test
    void denyDeniesWithoutRedis() throws Exception {
        withRedisDown("deny", server -> {
            CheckRateResponse response = server.rateLimits().checkRate(check(user, "login_attempts"));
            assertThat(response.getAllowed()).isFalse();
            assertThat(response.getDegraded()).isTrue();
        });
    }

    @Test
    void allowAllowsWithoutRedis() throws Exception {
        withRedisDown("allow", server -> {
            CheckRateResponse response = server.rateLimits().checkRate(check(user, "login_attempts"));
            assertThat(response.getAllowed()).isTrue();
            assertThat(response.getDegraded()).isTrue();
        });
    }

    @Test
    void localCountsInThisProcess() throws Exception {
        withRedisDown("local", server -> {
            List<CheckRateResponse> responses = IntStream.range(0, 7)
                    .mapToObj(i -> server.rateLimits().checkRate(check(user, "login_attempts")))
                    .toList();
            assertThat(responses)
                    .extracting(CheckRateResponse::getAllowed)
                    .containsExactly(true, true, true, true, true, false, false);
            assertThat(responses).extracting(CheckRateResponse::getRemaining).containsExactly(4, 3, 2, 1, 0, 0, 0);
            assertThat(responses).allMatch(CheckRateResponse::getDegraded);
            assertThat(responses.get(6).hasRetryAfter()).isTrue();
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
                    .as("the denied batch charged nothing")
                    .isTrue();
        });
    }

    private interface Calls {
        void make(TestServer server);
    }

    private static void withRedisDown(String onRedisFailure, Calls calls) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), "rate_limit.on_redis_failure: " + onRedisFailure)) {
            redis.kill();
            calls.make(server);
        }
    }

    private boolean allowed(TestServer server) {
        return server.rateLimits().checkRate(check(user, "login_attempts")).getAllowed();
    }
}

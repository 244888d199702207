package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.allowed;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.denied;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.Outcome;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Status;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** Readiness, full queues, and each value of {@code rate_limit.on_redis_failure} during an outage. */
@Tag("fault")
class RateLimitOutageTest {

    private final String user = UniqueIds.next();

    @AutoClose
    private final RedisProcess redis = RedisProcess.start();

    @Tag("latency")
    @Test
    void serverIsAliveFromItsStartAndReadyOnlyWhileRedisIsAvailable() throws Exception {
        redis.kill();
        try (TestServer server = TestServer.on(redis.url())) {
            assertThat(Readiness.isServing(server.channel(), "")).as("alive").isTrue();
            assertThat(Readiness.isServing(server.channel(), Server.READINESS)).isFalse();
            assertThat(Readiness.isServing(server.channel(), RateLimitServiceGrpc.SERVICE_NAME))
                    .isFalse();
            StatusAssert.unavailableSoon(() -> isAllowed(server));
            redis.restart();
            awaitReadiness(server, true, Duration.ofSeconds(3));
            assertThat(isAllowed(server)).isTrue();
            assertThat(Readiness.isServing(server.channel(), RateLimitServiceGrpc.SERVICE_NAME))
                    .isTrue();

            redis.kill();
            awaitReadiness(server, false, Duration.ofSeconds(3));
            assertThat(Readiness.isServing(server.channel(), "")).as("alive").isTrue();
            redis.restart();
            awaitReadiness(server, true, Duration.ofSeconds(2));
        }
    }

    private static void awaitReadiness(TestServer server, boolean ready, Duration limit) {
        Eventually.within(
                limit, "ready: " + ready, () -> Readiness.isServing(server.channel(), Server.READINESS) == ready);
    }

    @Test
    void fullQueueRejectsAtOnce() throws Exception {
        try (TestServer server = TestServer.on(
                redis.url(),
                "redis.max_queued_calls: 8",
                "redis.max_calls_per_script: 1",
                "redis.max_scripts_in_flight: 1",
                "redis.timeout: 500ms")) {
            assertThat(isAllowed(server)).isTrue();
            redis.freeze();
            var calls = RateLimitServiceGrpc.newFutureStub(server.channel()).withDeadlineAfter(10, TimeUnit.SECONDS);
            BlockingQueue<Code> codes = new LinkedBlockingQueue<>();
            for (int i = 0; i < 100; i++) {
                var call = calls.checkRate(check(user, "api_hits"));
                call.addListener(
                        () -> codes.add(
                                Status.fromThrowable(catchThrowable(call::get)).getCode()),
                        Runnable::run);
            }
            Eventually.within(Duration.ofSeconds(10), "all calls complete", () -> codes.size() == 100);
            long rejected =
                    codes.stream().filter(Code.RESOURCE_EXHAUSTED::equals).count();
            assertThat(rejected).isGreaterThanOrEqualTo(80);
            assertThat(codes.stream().limit(rejected))
                    .as("rejected before any other call completed")
                    .containsOnly(Code.RESOURCE_EXHAUSTED);
            redis.thaw();
        }
    }

    @ParameterizedTest
    @CsvSource({"deny, false", "allow, true"})
    void callIsDeniedOrAllowedWithoutRedis(String onRedisFailure, boolean allowed) throws Exception {
        try (TestServer server = TestServer.on(redis.url(), "rate_limit.on_redis_failure: " + onRedisFailure)) {
            redis.kill();
            CheckRateResponse response = server.rateLimits().checkRate(check(user, "login_attempts"));
            assertThat(response.getAllowed()).isEqualTo(allowed);
            assertThat(response.getDegraded()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"deny, false", "allow, true"})
    void callIsDeniedOrAllowedOnAFullRedis(String onRedisFailure, boolean allowed) throws Exception {
        try (TestServer server = TestServer.on(redis.url(), "rate_limit.on_redis_failure: " + onRedisFailure);
                Jedis jedis = redis.jedis()) {
            jedis.configSet("maxmemory", "1");
            CheckRateResponse response = server.rateLimits().checkRate(check(user, "login_attempts"));
            assertThat(response.getAllowed()).isEqualTo(allowed);
            assertThat(response.getDegraded()).isTrue();
        }
    }

    @Test
    void localCountsInThisProcess() throws Exception {
        try (TestServer server = TestServer.on(redis.url(), "rate_limit.on_redis_failure: local")) {
            redis.kill();
            RateLimitCalls calls = new RateLimitCalls(server, user);
            List<CheckRateResponse> responses = IntStream.range(0, 7)
                    .mapToObj(i -> calls.call("login_attempts", 1))
                    .toList();
            assertThat(responses)
                    .extracting(Outcome::of)
                    .containsExactly(allowed(4), allowed(3), allowed(2), allowed(1), allowed(0), denied(0), denied(0));
            assertThat(responses).allMatch(CheckRateResponse::getDegraded);
            assertThat(calls.allOrNothing(calls.of("api_hits", 60), calls.of("login_attempts", 1))
                            .getAllowed())
                    .isFalse();
            assertThat(calls.call("api_hits", 60).getAllowed())
                    .as("the denied batch charged nothing")
                    .isTrue();
        }
    }

    private boolean isAllowed(TestServer server) {
        return server.rateLimits().checkRate(check(user, "login_attempts")).getAllowed();
    }
}

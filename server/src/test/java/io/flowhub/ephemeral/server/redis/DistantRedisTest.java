package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceFutureStub;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A Redis far away: each exchange takes a round trip, and connecting takes several. */
@Tag("fault")
class DistantRedisTest {

    private static final Duration FAR = Duration.ofMillis(200);
    private static final Duration SOON = Duration.ofSeconds(10);

    private static final CheckRateRequest CHECK = CheckRateRequest.newBuilder()
            .setUserId("user")
            .setAction("api_hits")
            .build();

    @ParameterizedTest
    @CsvSource({"20, ''", "100, ''", "100, s3cret", "200, ''", "300, ''", "300, s3cret"})
    void serverConnectsAndServesCallsAtThisRoundTrip(long millis, String password) throws Exception {
        try (RedisProcess redis = RedisProcess.start("--requirepass", password);
                RedisProxy distant = RedisProxy.distant(redis.port(), Duration.ofMillis(millis));
                TestServer server =
                        TestServer.on(distant.url(), password.isEmpty() ? "" : "redis.password: " + password)) {
            Readiness.await(server.channel());
            for (int i = 0; i < 5; i++) {
                assertThat(server.rateLimits().checkRate(CHECK).getAllowed()).isTrue();
            }
        }
    }

    @Test
    void moreCallsThanScriptCallsCarryAreOverloadedAndNoOutage() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                RedisProxy distant = RedisProxy.distant(redis.port(), Duration.ofMillis(100));
                TestRedisClient harness =
                        TestRedisClient.open("redis.url: " + distant.url(), "redis.max_scripts_in_flight: 2")) {
            Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
            AtomicBoolean wasDown = new AtomicBoolean();
            harness.redis().addAvailabilityListener(up -> wasDown.compareAndSet(false, !up));

            Map<String, Long> results = Probe.addMany(harness.redis(), 8_000).stream()
                    .map(call -> call.handle((answer, failure) -> failure == null ? "success" : failure.toString()))
                    .collect(Collectors.groupingBy(CompletableFuture::join, Collectors.counting()));

            assertThat(results)
                    .containsOnlyKeys(
                            "success", new OverloadedException("the call was queued for too long").toString());
            assertThat(wasDown).isFalse();
        }
    }

    /** Two script calls of 256 would carry them in eight round trips, and reject those that wait for longer than a second. */
    @Test
    void thousandsOfConcurrentCallsTakeAFewRoundTrips() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                RedisProxy distant = RedisProxy.distant(redis.port(), FAR);
                TestRedisClient harness = TestRedisClient.open("redis.url: " + distant.url())) {
            for (int i = 0; i < 3; i++) {
                Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
            }
            Stopwatch stopwatch = Stopwatch.start();
            for (CompletableFuture<Probe.Answer> call : Probe.addMany(harness.redis(), 4_096)) {
                assertThat(call.get(5, TimeUnit.SECONDS).text()).endsWith("=text");
            }
            assertThat(stopwatch.elapsed()).isLessThan(FAR.multipliedBy(4));
        }
    }

    @Test
    void callsAndStreamsOfADistantRedisSucceedWithoutAnOutage() throws Exception {
        try (CapturedLog log = CapturedLog.of(Availability.class);
                RedisProcess redis = RedisProcess.start();
                RedisProxy distant = RedisProxy.distant(redis.port(), FAR);
                TestServer server = TestServer.on(distant.url())) {
            Readiness.await(server.channel());
            StreamReader<WatchPresenceRequest, WatchPresenceResponse> watch =
                    StreamReader.eager(PresenceServiceGrpc.newStub(server.channel())::watchPresence);
            watch.send(WatchPresenceRequest.newBuilder().addAddUserIds("user").build());
            watch.awaitFirst(SOON, WatchPresenceResponse::hasSnapshot);

            RateLimitServiceFutureStub rateLimits =
                    RateLimitServiceGrpc.newFutureStub(server.channel()).withDeadlineAfter(10, TimeUnit.SECONDS);
            List<ListenableFuture<CheckRateResponse>> checks = IntStream.range(0, 1_000)
                    .mapToObj(i -> rateLimits.checkRate(
                            CHECK.toBuilder().setUserId("user" + i).build()))
                    .toList();
            for (ListenableFuture<CheckRateResponse> check : checks) {
                assertThat(check.get().getAllowed()).isTrue();
            }
            var heartbeat = HeartbeatRequest.newBuilder().setUserId("user").build();
            PresenceServiceGrpc.newBlockingStub(server.channel()).heartbeat(heartbeat);
            watch.awaitFirst(SOON, WatchPresenceResponse::hasOnline);

            assertThat(watch.only(WatchPresenceResponse::hasStale)).isEmpty();
            assertThat(log.messages()).isEmpty();
            watch.close();
        }
    }

    @Test
    void outageOfADistantRedisIsDetectedWithinSecondsAndEndsByItself() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                RedisProxy distant = RedisProxy.distant(redis.port(), FAR);
                TestRedisClient harness = TestRedisClient.open("redis.url: " + distant.url())) {
            Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
            distant.hold();
            Stopwatch stopwatch = Stopwatch.start();
            assertThat(Probe.add(harness.redis(), "user", "text")
                            .handle((answer, failure) -> failure)
                            .get(5, TimeUnit.SECONDS))
                    .isInstanceOf(RedisUnavailableException.class);
            assertThat(stopwatch.elapsed()).isLessThan(Duration.ofMillis(600));
            Eventually.within(SOON, "Redis is unavailable", () -> !harness.up().get());
            assertThat(stopwatch.elapsed()).isLessThan(Duration.ofMillis(1_800));

            distant.heal();
            harness.awaitUp();
        }
    }

    /** As after a failover to another region: with the timeout of a near Redis, all replies would be late. */
    @Test
    void redisThatIsSuddenlyFarAwayIsServedAgain() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                RedisProxy proxy = new RedisProxy(redis);
                TestRedisClient harness = TestRedisClient.open("redis.url: " + proxy.url())) {
            for (int i = 0; i < 50; i++) {
                Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
            }
            proxy.delay(FAR); // each way
            AtomicInteger successes = new AtomicInteger();
            Eventually.within(SOON, "five calls in a row succeed", () -> {
                boolean success = Probe.add(harness.redis(), "user", "text")
                        .handle((answer, failure) -> failure == null)
                        .join();
                return (success ? successes.incrementAndGet() : successes.getAndSet(0)) >= 5;
            });
            assertThat(harness.up()).isTrue();
        }
    }
}

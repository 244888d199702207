package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A Redis far away: each exchange takes a round trip, and connecting takes several. */
@Tag("fault")
class DistantRedisTest {

    private static final CheckRateRequest CHECK = CheckRateRequest.newBuilder()
            .setUserId("user")
            .setAction("api_hits")
            .build();

    @ParameterizedTest
    @CsvSource({"100, 300ms, ''", "100, 300ms, s3cret", "200, 500ms, s3cret", "300, 500ms, ''", "300, 500ms, s3cret"})
    void serverConnectsAndServesCallsAtThisRoundTrip(long millis, String timeout, String password) throws Exception {
        try (RedisProcess redis = RedisProcess.start("--requirepass", password);
                RedisProxy distant = RedisProxy.distant(redis.port(), Duration.ofMillis(millis));
                TestServer server = TestServer.on(
                        distant.url(),
                        "redis.timeout: " + timeout,
                        password.isEmpty() ? "" : "redis.password: " + password)) {
            Readiness.await(server.channel());
            for (int i = 0; i < 5; i++) {
                assertThat(server.rateLimits().checkRate(CHECK).getAllowed()).isTrue();
            }
        }
    }

    @Test
    void moreCallsThanARoundTripCarriesAreOverloadedAndNoOutage() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                RedisProxy distant = RedisProxy.distant(redis.port(), Duration.ofMillis(100));
                TestRedisClient harness = TestRedisClient.open("redis.url: " + distant.url())) {
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
}

package io.flowhub.ephemeral.server.flag;

import static io.flowhub.ephemeral.server.flag.FeatureFlagCalls.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.error.CancelledException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.Outage;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BatchGetFlagsRequest;
import io.flowhub.ephemeral.v1.BatchGetFlagsResponse;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagRequest;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import io.grpc.Context;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** During an outage, a call with a default returns it in time, and a call without a default fails. */
@Tag("fault")
class FeatureFlagOutageTest {

    private static final Duration MAX_LATENCY = Duration.ofMillis(600);
    private static final String UNAVAILABLE = "ERROR_REASON_REDIS_UNAVAILABLE";
    private static final String OVERLOADED = "ERROR_REASON_OVERLOADED";

    private final String user = UniqueIds.next();

    @ParameterizedTest
    @EnumSource
    void defaultIsReturnedInTimeAndTheValueAfterTheOutage(Outage outage) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            FeatureFlagCalls flags = FeatureFlagCalls.on(server.channel());
            flags.set("f", user, "on");
            assertThat(flags.get(query("f", user, "off")).getValue()).isEqualTo("on");
            outage.begin(redis);
            for (int i = 0; i < 4; i++) {
                assertInTime(() -> assertThat(flags.get(query("f", user, "off")))
                        .isEqualTo(FeatureFlagCalls.error("off", UNAVAILABLE)));
                StatusAssert.invalidField("feature", () -> flags.get(query("", user, "off")));
            }
            outage.end(redis);
            Eventually.within(Duration.ofSeconds(5), "the flag is read", () -> {
                GetFlagResponse response = flags.get(query("f", user, "off"));
                return response.getReason() != FlagReason.FLAG_REASON_ERROR;
            });
        }
    }

    @Test
    void batchReturnsDefaultsAndFailsOnlyIfNoneHasOne() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            FeatureFlagCalls flags = FeatureFlagCalls.on(server.channel());
            flags.set("f", user, "on");
            redis.kill();
            GetFlagRequest withoutDefault = query("f", user);
            for (int i = 0; i < 4; i++) {
                assertInTime(() -> assertThat(flags.getAll(List.of(withoutDefault, query("f", user, "off"))))
                        .containsExactly(
                                FeatureFlagCalls.error("", UNAVAILABLE), FeatureFlagCalls.error("off", UNAVAILABLE)));
                StatusAssert.unavailableSoon(() -> flags.getAll(List.of(withoutDefault, withoutDefault)));
            }
        }
    }

    @Test
    void defaultIsReturnedWhenTooManyCallsAreQueued() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(
                        redis.url(),
                        "redis.max_queued_calls: 2",
                        "redis.max_calls_per_script: 1",
                        "redis.max_scripts_in_flight: 1")) {
            FeatureFlagCalls flags = FeatureFlagCalls.on(server.channel());
            flags.get(query("f", user));
            redis.freeze();
            List<GetFlagResponse> responses = flags.getAll(Collections.nCopies(20, query("f", user, "off")));
            assertThat(responses)
                    .contains(FeatureFlagCalls.error("off", OVERLOADED), FeatureFlagCalls.error("off", UNAVAILABLE));
            assertThat(responses).extracting(GetFlagResponse::getValue).containsOnly("off");
            redis.thaw();
        }
    }

    @Test
    void cancelledCallFailsWithoutTheDefault() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                RedisClient redis = RedisClient.open(
                        TestServer.configuration("redis.url: " + process.url())
                                .settings()
                                .redis(),
                        Ticker.systemTicker())) {
            redis.initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS);
            FlagStore flags = new FlagStore(redis);
            FlagQuery query = FlagMessages.query("", query("f", user, "off"));
            Context.CancellableContext cancelled = Context.current().withCancellation();
            cancelled.cancel(null);
            assertThat(flags.get(query).get(5, TimeUnit.SECONDS)).isEqualTo(new FlagResult.Unset("off"));
            assertThatThrownBy(() -> cancelled.call(() -> flags.get(query)).get(5, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(CancelledException.class);
        }
    }

    /** Redis is paused until the server has received the whole batch. Two scripts may be in flight by then. */
    @Test
    void flagsOfABatchAreReadInFewScripts() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url());
                MonitorTap monitor = MonitorTap.of(redis)) {
            FeatureFlagCalls flags = FeatureFlagCalls.on(server.channel());
            BatchGetFlagsRequest batch = BatchGetFlagsRequest.newBuilder()
                    .addAllRequests(IntStream.range(0, 100)
                            .mapToObj(i -> query("f" + i, user, "off"))
                            .toList())
                    .build();
            flags.getAll(batch.getRequestsList()); // the first call loads the script
            List<String> commands = monitor.during(() -> {
                for (int i = 0; i < 10; i++) {
                    redis.freeze();
                    Future<BatchGetFlagsResponse> response = FeatureFlagServiceGrpc.newFutureStub(server.channel())
                            .batchGetFlags(batch);
                    StatusAssert.invalidField(
                            "feature", () -> flags.get(query("", user))); // runs on the same thread, after the batch
                    redis.thaw();
                    assertThat(response.get(10, TimeUnit.SECONDS).getResultsList())
                            .containsOnly(FeatureFlagCalls.unset("off"));
                }
            });
            List<String> names = MonitorTap.namesOf(commands, user);
            assertThat(names).filteredOn("GET"::equals).hasSize(1_000);
            assertThat(names).filteredOn("EVALSHA"::equals).hasSizeBetween(10, 30);
        }
    }

    private static void assertInTime(Runnable call) {
        long start = System.nanoTime();
        call.run();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(MAX_LATENCY);
    }
}

package io.flowhub.ephemeral.server.flag;

import static io.flowhub.ephemeral.server.flag.FeatureFlagCalls.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.error.CancelledException;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.Outage;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BatchGetFlagsRequest;
import io.flowhub.ephemeral.v1.BatchGetFlagsResponse;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.flowhub.ephemeral.v1.FlagReason;
import io.flowhub.ephemeral.v1.GetFlagResponse;
import io.grpc.Context;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
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

    private static final String USER = "user";

    @AutoClose
    private final RedisProcess redis = RedisProcess.start();

    @Tag("latency")
    @ParameterizedTest
    @EnumSource
    void defaultIsReturnedInTimeAndTheValueAfterTheOutage(Outage outage) throws Exception {
        try (TestServer server = TestServer.on(redis.url())) {
            FeatureFlagCalls flags = new FeatureFlagCalls(server.channel());
            flags.set("f", USER, "on");
            assertThat(flags.get("f", USER, "off").getValue()).isEqualTo("on");
            outage.begin(redis);
            for (int i = 0; i < 4; i++) {
                assertInTime(() ->
                        assertThat(flags.get("f", USER, "off")).isEqualTo(FeatureFlagCalls.error("off", UNAVAILABLE)));
                StatusAssert.invalidField("feature", () -> flags.get("", USER, "off"));
                assertInTime(() -> assertThat(flags.getAll(query("f", USER), query("f", USER, "off")))
                        .containsExactly(
                                FeatureFlagCalls.error("", UNAVAILABLE), FeatureFlagCalls.error("off", UNAVAILABLE)));
                StatusAssert.unavailableSoon(() -> flags.getAll(query("f", USER), query("f", USER)));
            }
            outage.end(redis);
            Eventually.within(
                    Duration.ofSeconds(5),
                    "the flag is read",
                    () -> flags.get("f", USER, "off").getReason() != FlagReason.FLAG_REASON_ERROR);
        }
    }

    @Test
    void defaultIsReturnedWhenTooManyCallsAreQueued() {
        try (TestServer server = TestServer.on(
                redis.url(),
                "redis.max_queued_calls: 2",
                "redis.max_calls_per_script: 1",
                "redis.max_scripts_in_flight: 1")) {
            FeatureFlagCalls flags = new FeatureFlagCalls(server.channel());
            flags.get("f", USER);
            redis.freeze();
            assertThat(flags.getAll(Collections.nCopies(20, query("f", USER, "off"))))
                    .contains(FeatureFlagCalls.error("off", OVERLOADED), FeatureFlagCalls.error("off", UNAVAILABLE))
                    .extracting(GetFlagResponse::getValue)
                    .containsOnly("off");
            redis.thaw();
        }
    }

    @Test
    void cancelledCallFailsWithoutTheDefault() throws Exception {
        try (RedisClient client =
                TestRedisClient.open("redis.url: " + redis.url()).redis()) {
            FlagStore flags = new FlagStore(client, new MemoryPressure(Ticker.systemTicker()));
            FlagQuery query = FlagMessages.query("", query("f", USER, "off"));
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
        try (TestServer server = TestServer.on(redis.url());
                MonitorTap monitor = MonitorTap.of(redis)) {
            FeatureFlagCalls flags = new FeatureFlagCalls(server.channel());
            var batch = BatchGetFlagsRequest.newBuilder();
            IntStream.range(0, 100).forEach(i -> batch.addRequests(query("f" + i, USER, "off")));
            flags.getAll(batch.getRequestsList()); // the first call loads the script
            List<String> commands = monitor.during(() -> {
                for (int i = 0; i < 10; i++) {
                    redis.freeze();
                    Future<BatchGetFlagsResponse> response = FeatureFlagServiceGrpc.newFutureStub(server.channel())
                            .batchGetFlags(batch.build());
                    // Runs on the same thread, after the batch.
                    StatusAssert.invalidField("feature", () -> flags.get("", USER));
                    redis.thaw();
                    assertThat(response.get(10, TimeUnit.SECONDS).getResultsList())
                            .containsOnly(FeatureFlagCalls.unset("off"));
                }
            });
            List<String> names = MonitorTap.namesOf(commands, USER);
            assertThat(names).filteredOn("GET"::equals).hasSize(1_000);
            assertThat(names).filteredOn("EVALSHA"::equals).hasSizeBetween(10, 30);
        }
    }

    private static void assertInTime(Runnable call) {
        Stopwatch stopwatch = Stopwatch.start();
        call.run();
        assertThat(stopwatch.elapsed()).isLessThan(MAX_LATENCY);
    }
}

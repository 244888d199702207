package io.flowhub.ephemeral.server.flag;

import static io.flowhub.ephemeral.server.flag.FeatureFlagCalls.question;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** During an outage a call with a default gets it in time, and a call without one fails. */
class FeatureFlagOutageTest {

    private static final Duration LONGEST_ANSWER = Duration.ofMillis(600);
    private static final String UNAVAILABLE = "ERROR_REASON_REDIS_UNAVAILABLE";
    private static final String OVERLOADED = "ERROR_REASON_OVERLOADED";

    private final String user = UniqueIds.next();

    @ParameterizedTest
    @EnumSource
    void defaultIsReturnedInTimeAndTheValueOnceRedisIsBack(Outage outage) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            FeatureFlagCalls flags = FeatureFlagCalls.on(server.channel());
            flags.set("f", user, "on");
            assertThat(flags.get(question("f", user, "off")).getValue()).isEqualTo("on");
            outage.begin(redis);
            for (int i = 0; i < 4; i++) {
                inTime(() -> assertThat(flags.get(question("f", user, "off")))
                        .isEqualTo(FeatureFlagCalls.error("off", UNAVAILABLE)));
                StatusAssert.invalidField("feature", () -> flags.get(question("", user, "off")));
            }
            outage.end(redis);
            Eventually.within(Duration.ofSeconds(5), "the flag is read", () -> {
                GetFlagResponse answer = flags.get(question("f", user, "off"));
                return answer.getReason() != FlagReason.FLAG_REASON_ERROR;
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
            GetFlagRequest bare = question("f", user);
            for (int i = 0; i < 4; i++) {
                inTime(() -> assertThat(flags.getAll(List.of(bare, question("f", user, "off"))))
                        .containsExactly(
                                FeatureFlagCalls.error("", UNAVAILABLE), FeatureFlagCalls.error("off", UNAVAILABLE)));
                StatusAssert.unavailableSoon(() -> flags.getAll(List.of(bare, bare)));
            }
        }
    }

    @Test
    void defaultIsAnsweredWhereTooManyCallsWait() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(
                        redis.url(),
                        "redis.max_queued_calls: 2",
                        "redis.max_calls_per_script: 1",
                        "redis.max_scripts_in_flight: 1")) {
            FeatureFlagCalls flags = FeatureFlagCalls.on(server.channel());
            flags.get(question("f", user));
            redis.freeze();
            List<GetFlagResponse> answers = flags.getAll(Collections.nCopies(20, question("f", user, "off")));
            assertThat(answers)
                    .contains(FeatureFlagCalls.error("off", OVERLOADED), FeatureFlagCalls.error("off", UNAVAILABLE));
            assertThat(answers).extracting(GetFlagResponse::getValue).containsOnly("off");
            redis.thaw();
        }
    }

    @Test
    void cancelledCallGetsAnErrorAndNoDefault() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                RedisClient redis = RedisClient.open(
                        TestServer.configuration("redis.url: " + process.url())
                                .settings()
                                .redis(),
                        Ticker.systemTicker())) {
            redis.initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS);
            FeatureFlagStore flags = new FeatureFlagStore(redis);
            FlagQuery question = FlagQuery.of("", question("f", user, "off"));
            Context.CancellableContext gone = Context.current().withCancellation();
            gone.cancel(null);
            assertThat(flags.get(question).get(5, TimeUnit.SECONDS)).isEqualTo(FeatureFlagCalls.unset("off"));
            assertThatThrownBy(() -> gone.call(() -> flags.get(question)).get(5, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(CancelledException.class);
        }
    }

    /** Redis stands still until the server has taken the whole batch: two scripts may have left by then. */
    @Test
    void flagsOfABatchLeaveTogether() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url());
                MonitorTap monitor = MonitorTap.of(redis)) {
            FeatureFlagCalls flags = FeatureFlagCalls.on(server.channel());
            BatchGetFlagsRequest batch = BatchGetFlagsRequest.newBuilder()
                    .addAllRequests(IntStream.range(0, 100)
                            .mapToObj(i -> question("f" + i, user, "off"))
                            .toList())
                    .build();
            flags.getAll(batch.getRequestsList()); // the first call loads the script
            List<String> commands = monitor.during(() -> {
                for (int i = 0; i < 10; i++) {
                    redis.freeze();
                    Future<BatchGetFlagsResponse> answer = FeatureFlagServiceGrpc.newFutureStub(server.channel())
                            .batchGetFlags(batch);
                    StatusAssert.invalidField(
                            "feature", () -> flags.get(question("", user))); // by the same thread, after the batch
                    redis.thaw();
                    assertThat(answer.get(10, TimeUnit.SECONDS).getResultsList())
                            .containsOnly(FeatureFlagCalls.unset("off"));
                }
            });
            List<String> names = MonitorTap.namesOf(commands, user);
            assertThat(names).filteredOn("GET"::equals).hasSize(1_000);
            assertThat(names).filteredOn("EVALSHA"::equals).hasSizeBetween(10, 30);
        }
    }

    private static void inTime(Runnable call) {
        long begin = System.nanoTime();
        call.run();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LONGEST_ANSWER);
    }
}

package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.flowhub.ephemeral.v1.KindUsage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/** GetBudget reports the keys of each kind. */
@Tag("contract")
class KeyKindsTest {

    private RedisProcess process;
    private Jedis redis;

    @BeforeEach
    void start() throws Exception {
        process = RedisProcess.start("--hz", "100"); // hash tables grow to their size at once
        redis = process.jedis();
    }

    @AfterEach
    void stop() {
        redis.close();
        process.close();
    }

    @Test
    void emptyRedisHasNoKinds() throws Exception {
        try (TestServer server = TestServer.on(process.url(), "budget.max_memory: 40MB")) {
            GetBudgetResponse budget = SampleKeys.budget(server);
            assertThat(budget.getState()).isEqualTo(BudgetState.BUDGET_STATE_OK);
            assertThat(budget.getMaxBytes()).as("the setting").isEqualTo(40L << 20);
            assertThat(budget.getUsedBytes()).isBetween(500_000L, 10_000_000L);
            assertThat(budget.getKeys()).isZero();
            assertThat(budget.getKindsList()).isEmpty();
        }
    }

    @Test
    void maxmemoryOfRedisOverridesTheSetting() throws Exception {
        redis.configSet("maxmemory", "20mb");
        try (TestServer server = TestServer.on(process.url(), "budget.max_memory: 40MB")) {
            assertThat(SampleKeys.budget(server).getMaxBytes()).isEqualTo(20L << 20);
        }
    }

    @Test
    void fewKeysAreAllCounted() throws Exception {
        Pipeline pipeline = redis.pipelined();
        for (int i = 0; i < 100; i++) {
            SampleKeys.rate(pipeline, i);
            SampleKeys.otp(pipeline, i);
            SampleKeys.guard(pipeline, i);
            SampleKeys.session(pipeline, i);
            SampleKeys.token(pipeline, i);
            SampleKeys.flag(pipeline, i);
            SampleKeys.cachedUser(pipeline, i);
        }
        pipeline.set("{rate:a:b}:request:1", "1");
        pipeline.set("cache:product:a", "{}");
        pipeline.set("presence:a", "online");
        pipeline.set("typing:r:a", "true");
        pipeline.set("rates:a", "another name");
        pipeline.set("cache:other:a", "another name");
        pipeline.set("{otpx:a}:guard", "another name");
        pipeline.set("", "no name");
        pipeline.sync();

        try (TestServer server = TestServer.on(process.url())) {
            long before = redisMillis();
            GetBudgetResponse budget = SampleKeys.budget(server);
            long after = redisMillis();

            assertThat(budget.getKeys()).isEqualTo(708);
            assertThat(budget.getSampledKeys()).isEqualTo(708);
            assertThat(budget.getReadTime().getSeconds() * 1000
                            + budget.getReadTime().getNanos() / 1_000_000)
                    .isBetween(before, after);
            Map<String, Long> keys = new LinkedHashMap<>();
            budget.getKindsList().forEach(kind -> keys.put(kind.getKind(), kind.getKeys()));
            assertThat(keys)
                    .containsOnly(
                            Map.entry("rate", 101L),
                            Map.entry("otp", 200L),
                            Map.entry("session", 100L),
                            Map.entry("token", 100L),
                            Map.entry("flag", 100L),
                            Map.entry("cache:user", 100L),
                            Map.entry("cache:product", 1L),
                            Map.entry("presence", 1L),
                            Map.entry("typing", 1L),
                            Map.entry("other", 4L));
            assertThat(budget.getKindsList())
                    .isSortedAccordingTo((a, b) -> Long.compare(b.getBytes(), a.getBytes()))
                    .allMatch(kind -> kind.getKeysError() == 0 && kind.getBytesError() == 0);
            assertThat(SampleKeys.kind("token", budget).getBytes())
                    .isEqualTo(100
                            * (redis.memoryUsage("token:" + SampleKeys.userId(7) + ":login")
                                    + KindTotals.OVERHEAD_BYTES));
        }
    }

    @Test
    void bytesOfAKindMatchTheMemoryThatRedisUses() throws Exception {
        Map<String, BiConsumer<Pipeline, Integer>> kinds = new LinkedHashMap<>();
        kinds.put("otp", SampleKeys::otp);
        kinds.put("token", SampleKeys::token);
        kinds.put("flag", SampleKeys::flag);
        kinds.put("cache:user", SampleKeys::cachedUser);
        for (var kind : kinds.entrySet()) {
            redis.flushAll();
            long before = stableUse();
            Pipeline pipeline = redis.pipelined();
            for (int i = 0; i < 10_000; i++) {
                kind.getValue().accept(pipeline, i);
            }
            pipeline.sync();
            long used = stableUse() - before;
            try (TestServer server = TestServer.on(process.url())) {
                KindUsage reported = SampleKeys.kind(kind.getKey(), SampleKeys.budget(server));
                System.out.printf(
                        "10,000 %s: %d bytes by INFO, %d reported%n", kind.getKey(), used, reported.getBytes());
                assertThat(reported.getKeys()).isEqualTo(10_000);
                assertThat(reported.getBytes()).isCloseTo(used, Percentage.withPercentage(10));
            }
        }
    }

    /** 50 estimates of 8 kinds. If the errors were half as wide, only two thirds of the intervals would hold the true value. */
    @Test
    void intervalsOfTwentyThousandKeysHoldTheTrueValues() throws Exception {
        long[] trueKeys = fillTwentyThousand();
        String[] names = {"rate", "otp", "session", "token", "flag", "cache:user", "other", "presence"};
        Map<String, Long> bytes = SampleKeys.bytesByKind(redis);
        AtomicLong clock = new AtomicLong();
        Settings settings =
                TestServer.configuration("redis.url: " + process.url()).settings();
        try (RedisClient client = RedisClient.open(settings.redis(), Ticker.systemTicker())) {
            SampleKeys.awaitUp(client);
            try (BudgetStore budget =
                    new BudgetStore(settings.get(BudgetSettings.GROUP), SampleKeys.KINDS, client, (Ticker)
                            () -> clock.addAndGet(2_000_000_000L))) {
                int intervals = 0;
                int keysHeld = 0;
                int bytesHeld = 0;
                for (int round = 0; round < 50; round++) {
                    Estimate estimate = budget.usage().get(10, TimeUnit.SECONDS).estimate();
                    assertThat(estimate.keys()).isEqualTo(20_000);
                    assertThat(estimate.sampled()).isEqualTo(1_000);
                    for (int i = 0; i < names.length; i++) {
                        String name = names[i];
                        for (KindEstimate kind : estimate.kinds()) {
                            if (kind.kind().equals(name)) {
                                intervals++;
                                keysHeld += Math.abs(kind.keys() - trueKeys[i]) <= kind.keysError() ? 1 : 0;
                                long error = Math.abs(kind.bytes() - bytes.getOrDefault(name, 0L));
                                bytesHeld += error <= kind.bytesError() ? 1 : 0;
                                assertThat(kind.keysError())
                                        .as("narrow enough: " + kind)
                                        .isLessThan(Math.max(300, kind.keys()));
                            }
                        }
                    }
                }
                System.out.printf("of %d intervals %d hold for keys, %d for bytes%n", intervals, keysHeld, bytesHeld);
                assertThat(intervals).isGreaterThan(350);
                assertThat((double) keysHeld / intervals).isGreaterThan(0.9);
                assertThat((double) bytesHeld / intervals).isGreaterThan(0.9);
            }
        }
    }

    private long[] fillTwentyThousand() {
        long[] trueKeys = {8_000, 4_000, 3_000, 2_000, 1_500, 1_000, 400, 100};
        Pipeline pipeline = redis.pipelined();
        for (int i = 0; i < 8_000; i++) {
            SampleKeys.rate(pipeline, i);
            if (i < 2_000) {
                SampleKeys.otp(pipeline, i);
                SampleKeys.guard(pipeline, i);
                SampleKeys.token(pipeline, i);
            }
            if (i < 3_000) {
                SampleKeys.session(pipeline, i);
            }
            if (i < 1_500) {
                SampleKeys.flag(pipeline, i);
            }
            if (i < 1_000) {
                SampleKeys.cachedUser(pipeline, i);
            }
            if (i < 400) {
                SampleKeys.other(pipeline, i);
            }
            if (i < 100) {
                SampleKeys.presence(pipeline, i);
            }
        }
        pipeline.sync();
        return trueKeys;
    }

    private long redisMillis() {
        var time = redis.time();
        return Long.parseLong(time.get(0)) * 1000 + Long.parseLong(time.get(1)) / 1000;
    }

    /** The memory once it is stable: a hash table that grows exists twice for a moment. */
    private long stableUse() {
        long[] last = {-1};
        Eventually.within(Duration.ofSeconds(10), "the memory in use is stable", () -> {
            TimeUnit.MILLISECONDS.sleep(300);
            long used = SampleKeys.used(redis);
            boolean same = Math.abs(used - last[0]) < 1000;
            last[0] = used;
            return same;
        });
        return last[0];
    }
}

package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.budget.SampleKeys.Sample;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.BudgetState;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.flowhub.ephemeral.v1.KindUsage;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

/** GetBudget reports the keys of each kind. */
@Tag("contract")
class KeyKindsTest {

    @AutoClose
    private final RedisProcess process = RedisProcess.start("--hz", "100"); // hash tables grow to their size at once

    @AutoClose
    private final Jedis redis = process.jedis();

    @Test
    void emptyRedisHasNoKindsAndItsMaxmemoryOverridesTheSetting() {
        try (TestServer server = TestServer.on(process.url(), "budget.max_memory: 40MB")) {
            GetBudgetResponse budget = SampleKeys.budget(server.channel());
            assertThat(budget.getState()).isEqualTo(BudgetState.BUDGET_STATE_OK);
            assertThat(budget.getMaxBytes()).as("the setting").isEqualTo(40L << 20);
            assertThat(budget.getUsedBytes()).isBetween(500_000L, 10_000_000L);
            assertThat(budget.getKeys()).isZero();
            assertThat(budget.getKindsList()).isEmpty();

            redis.configSet("maxmemory", "20mb");
            Eventually.within(
                    Duration.ofSeconds(5),
                    "the maxmemory of Redis is reported",
                    () -> SampleKeys.budget(server.channel()).getMaxBytes()
                            == 20L << 20); // not the result of a second ago
        }
    }

    @Test
    void fewKeysAreAllCounted() throws Exception {
        for (Sample sample : EnumSet.complementOf(EnumSet.of(Sample.PRESENCE, Sample.FOREIGN))) {
            SampleKeys.write(redis, sample, 100);
        }
        redis.set("{rate:a:b}:request:1", "1");
        redis.set("cache:product:a", "{}");
        redis.set("presence:a", "online");
        redis.set("typing:r:a", "true");
        List.of("rates:a", "cache:other:a", "{otpx:a}:guard", "").forEach(other -> redis.set(other, "another name"));

        try (TestServer server = TestServer.on(process.url())) {
            long before = redisMillis();
            GetBudgetResponse budget = SampleKeys.budget(server.channel());
            long after = redisMillis();

            assertThat(budget.getKeys()).isEqualTo(708);
            assertThat(budget.getSampledKeys()).isEqualTo(708);
            assertThat(budget.getReadTime().getSeconds() * 1000
                            + budget.getReadTime().getNanos() / 1_000_000)
                    .isBetween(before, after);
            Map<String, Long> keys = new TreeMap<>();
            budget.getKindsList().forEach(kind -> keys.put(kind.getKind(), kind.getKeys()));
            assertThat(keys)
                    .hasToString("{cache:product=1, cache:user=100, flag=100, other=4, otp=200, presence=1, rate=101,"
                            + " session=100, token=100, typing=1}");
            assertThat(budget.getKindsList())
                    .isSortedAccordingTo((a, b) -> Long.compare(b.getBytes(), a.getBytes()))
                    .allMatch(kind -> kind.getKeysError() == 0 && kind.getBytesError() == 0);
            assertThat(SampleKeys.kind("token", budget).getBytes())
                    .isCloseTo(
                            100 * (redis.memoryUsage(Sample.TOKEN.key(7)) + KindTotals.OVERHEAD_BYTES),
                            Percentage.withPercentage(isValkey() ? 1 : 0)); // its allocator rounds keys differently
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"OTP", "TOKEN", "FLAG", "CACHED_USER"})
    void bytesOfAKindMatchTheMemoryThatRedisUses(Sample sample) {
        long before = SampleKeys.stableUse(redis, 1_000);
        SampleKeys.write(redis, sample, 10_000);
        long used = SampleKeys.stableUse(redis, 1_000) - before;
        try (TestServer server = TestServer.on(process.url())) {
            KindUsage reported = SampleKeys.kind(sample.kind, SampleKeys.budget(server.channel()));
            System.out.printf("10,000 %s: %d bytes by INFO, %d reported%n", sample, used, reported.getBytes());
            assertThat(reported.getKeys()).isEqualTo(10_000);
            assertThat(reported.getBytes()).isCloseTo(used, Percentage.withPercentage(isValkey() ? 20 : 10));
        }
    }

    /** Valkey needs 23 bytes less per key than MEMORY USAGE and the overhead of Redis. */
    private boolean isValkey() {
        return redis.info("server").contains("valkey_version");
    }

    /** 50 estimates of 8 kinds. If the errors were half as wide, only two thirds of the intervals would hold the true value. */
    @Test
    void intervalsOfTwentyThousandKeysHoldTheTrueValues() throws Exception {
        Map<String, Integer> trueKeys = new HashMap<>();
        BiConsumer<Sample, Integer> write = (sample, count) -> {
            SampleKeys.write(redis, sample, count);
            trueKeys.merge(sample.kind, count, Integer::sum);
        };
        write.accept(Sample.RATE, 8_000);
        write.accept(Sample.OTP, 2_000);
        write.accept(Sample.GUARD, 2_000);
        write.accept(Sample.SESSION, 3_000);
        write.accept(Sample.TOKEN, 2_000);
        write.accept(Sample.FLAG, 1_500);
        write.accept(Sample.CACHED_USER, 1_000);
        write.accept(Sample.FOREIGN, 400);
        write.accept(Sample.PRESENCE, 100);
        Map<String, Long> trueBytes = SampleKeys.bytesByKind(redis);
        AtomicLong clock = new AtomicLong();
        String yaml = "redis.url: " + process.url();
        try (RedisClient client = TestRedisClient.open(yaml).redis();
                BudgetStore budget = SampleKeys.store(
                        yaml,
                        client,
                        new MemoryPressure(Ticker.systemTicker()),
                        () -> clock.addAndGet(2_000_000_000L))) {
            int intervals = 0;
            int keysHeld = 0;
            int bytesHeld = 0;
            for (int round = 0; round < 50; round++) {
                Estimate estimate = budget.usage().get(10, TimeUnit.SECONDS).estimate();
                assertThat(estimate.keys()).isEqualTo(20_000);
                assertThat(estimate.sampled()).isEqualTo(1_000);
                for (KindEstimate kind : estimate.kinds()) {
                    intervals++;
                    long keysOff = Math.abs(kind.keys() - trueKeys.getOrDefault(kind.kind(), 0));
                    long bytesOff = Math.abs(kind.bytes() - trueBytes.getOrDefault(kind.kind(), 0L));
                    keysHeld += keysOff <= kind.keysError() ? 1 : 0;
                    bytesHeld += bytesOff <= kind.bytesError() ? 1 : 0;
                    assertThat(kind.keysError()).as("narrow enough: " + kind).isLessThan(Math.max(300, kind.keys()));
                }
            }
            assertThat(intervals).isGreaterThan(350);
            assertThat((double) keysHeld / intervals).isGreaterThan(0.9);
            assertThat((double) bytesHeld / intervals).isGreaterThan(0.9);
        }
    }

    /** One read of the memory, ten samples of a hundred keys, and one read of the level a second. */
    @Test
    void manyCallersCostRedisAsMuchAsOne() throws Exception {
        SampleKeys.write(redis, Sample.RATE, 5_000);
        try (TestServer server = TestServer.on(process.url())) {
            long callsBefore = scriptCalls();
            long start = System.nanoTime();
            List<Integer> responses = Concurrently.run(64, i -> callUntil(server, start + TimeUnit.SECONDS.toNanos(3)));
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) + 1;
            long calls = scriptCalls() - callsBefore;
            int sum = responses.stream().mapToInt(count -> count).sum();

            assertThat(sum).isGreaterThan(128);
            assertThat(calls).isBetween(11L, (seconds + 1) * 12);
        }
    }

    private long scriptCalls() {
        return RedisProcess.calls(redis, "evalsha") + RedisProcess.calls(redis, "eval");
    }

    private static int callUntil(TestServer server, long end) {
        int responses = 0;
        while (System.nanoTime() < end) {
            assertThat(SampleKeys.budget(server.channel()).getKeys()).isEqualTo(5_000);
            responses++;
        }
        return responses;
    }

    private long redisMillis() {
        var time = redis.time();
        return Long.parseLong(time.get(0)) * 1000 + Long.parseLong(time.get(1)) / 1000;
    }
}

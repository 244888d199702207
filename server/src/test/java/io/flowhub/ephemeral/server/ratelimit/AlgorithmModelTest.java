package io.flowhub.ephemeral.server.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** Compares the scripts with models of the definitions, at times that the test sets. */
@Tag("contract")
class AlgorithmModelTest {

    private static final Script CHECK_AT = Script.load("ratelimit/check_at");
    private static final Script INCREMENT = Script.load("ratelimit/increment");
    private static final long DAY = Duration.ofDays(1).toMillis();
    private static final int STEPS = 1_500;
    private static final long NOW = 1_790_000_000_000L;

    @AutoClose
    private static final RedisClient redis = TestRedisClient.shared().redis();

    private final String key = "rate:" + UniqueIds.next() + ":a";

    @AfterEach
    void removeTheKeysWithoutTtl() {
        try (Jedis jedis = TestRedis.jedis()) {
            jedis.del(key, "{" + key + "}:expiry");
        }
    }

    /** The reply of an algorithm, in hits and ms. */
    private record Outcome(long remaining, long reset, long retry, long ttl) {}

    /** The definition of an algorithm. Times are in ms. A level is in hits times {@code window}, so that it is an integer. */
    private abstract static class Model {
        final long limit;
        final long window;

        Model(long limit, long window) {
            this.limit = limit;
            this.window = window;
        }

        /** The level that more hits can use. */
        abstract long free(long time);

        abstract void count(long hits, long time);

        abstract void refund(long hits, long time);

        boolean fits(long hits, long time) {
            return free(time) >= hits * window;
        }

        long remaining(long time) {
            return Math.max(0, free(time) / window);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "S, 10, 1000", "S, 1, 1000", "S, 7, 1500", "S, 1000000, 43200000", "S, 3, 60000",
        "T, 10, 1000", "T, 1, 1000", "T, 7, 1500", "T, 1000000, 86400000", "T, 3, 60000"
    })
    void scriptDecidesAsTheDefinitionRequires(String algorithm, int limit, long window) throws Exception {
        SplittableRandom random = new SplittableRandom(limit * 31L + window);
        Model model = algorithm.equals("S") ? new SlidingWindow(limit, window) : new TokenBucket(limit, window);
        long time = NOW;
        for (int step = 0; step < STEPS; step++) {
            time += random.nextInt(10) == 0
                    ? random.nextLong(3 * window)
                    : random.nextLong(window / Math.min(limit, 20) + 1);
            long hits = random.nextInt(5) == 0 ? random.nextLong(limit + 2) : random.nextLong(Math.max(2, limit / 3));
            String check = algorithm + ":" + limit + ":" + window + ":" + hits;
            String what = check + " at step " + step;
            if (random.nextInt(12) == 0 && hits > 0) {
                Outcome outcome = call(check, "refund", time);
                model.refund(hits, time);
                assertThat(outcome.remaining()).as("refund of " + what).isEqualTo(model.remaining(time));
                continue;
            }
            Outcome outcome = call(check, "decide", time);
            long wanted = Math.max(1, hits);
            boolean fits = model.fits(wanted, time);
            assertThat(outcome.retry() == 0).as(what).isEqualTo(fits);
            if (fits && hits > 0) {
                model.count(hits, time);
            }
            assertThat(outcome.remaining()).as("remaining of " + what).isEqualTo(model.remaining(time));
            if (!fits && wanted <= limit) {
                long retry = time + outcome.retry();
                assertThat(List.of(model.fits(wanted, retry - 1), model.fits(wanted, retry)))
                        .as("fits after retry, not before: " + what)
                        .containsExactly(false, true);
            } else if (!fits) {
                assertThat(outcome.retry()).as("never fits: " + what).isEqualTo(-1);
            }
            assertThat(model.remaining(time + outcome.reset()))
                    .as("empty after reset: " + what)
                    .isEqualTo(limit);
            assertThat(Math.max(0, outcome.ttl()))
                    .as("the key exists for as long as it counts: " + what)
                    .isBetween(outcome.reset(), Math.min(2 * window, DAY));
        }
    }

    /** No model: what every reply must hold whatever was stored before, by whatever policy and at whatever time. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void noReplyDelaysLongerThanItsOwnPolicyAfterChangesOfPolicyAndOfTheClock(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> policies =
                List.of("F:5:60000", "S:5:60000", "T:5:60000", "S:100:1000", "T:7:1500", "T:3:86400000");
        String policy = policies.get(0);
        long time = NOW;
        for (int step = 0; step < STEPS; step++) {
            int kind = random.nextInt(20);
            if (kind == 0) {
                policy = policies.get(random.nextInt(policies.size()));
            } else if (kind == 1) {
                time -= random.nextLong(DAY);
            }
            String[] parts = policy.split(":", -1);
            long limit = Long.parseLong(parts[1]);
            long window = Long.parseLong(parts[2]);
            long longest = Math.min(2 * window, DAY);
            time += random.nextLong(window / limit);
            long hits = 1 + random.nextLong(limit);
            String check = policy + ":" + hits;
            String what = check + " at step " + step + " of seed " + seed;
            Outcome outcome = call(check, kind == 2 ? "refund" : "decide", time);
            assertThat(outcome.remaining()).as(what).isBetween(0L, limit);
            assertThat(outcome.retry()).as(what).isBetween(0L, longest);
            assertThat(outcome.reset()).as(what).isBetween(0L, longest);
            long longestTtl = policy.startsWith("F") ? longest : 2 * DAY; // the others do not read it
            assertThat(outcome.ttl())
                    .as("TTL: " + what)
                    .isBetween(-2L, longestTtl)
                    .isNotEqualTo(-1);
            if (outcome.retry() > 0) {
                time += outcome.retry() + 1; // a fixed window ends after its last millisecond
                assertThat(call(check, "decide", time).retry())
                        .as("fits after retry: " + what)
                        .isZero();
            }
        }
    }

    /** The digits of a value state its algorithm. The last three are values that no algorithm writes. */
    @ParameterizedTest
    @CsvSource({
        "F, 1000000050000005",
        "F, 2000000000600000",
        "F, 1790000000000:5:5",
        "F, 600000@1790000000000",
        "F, 9223372036854775807",
        "S, 5",
        "S, 2000000000600000",
        "S, 1790000000000:5:5",
        "S, 600000@1790000000000",
        "S, 9223372036854775807",
        "T, 5",
        "T, 1000000050000005",
        "T, 1790000000000:5:5",
        "T, 600000@1790000000000",
        "T, 9223372036854775807"
    })
    void valueOfAnotherAlgorithmCountsNothing(String algorithm, String value) throws Exception {
        String policy = algorithm + ":5:60000:";
        store(value, 60_000);
        assertThat(call(policy + 0, "decide", NOW).remaining()).as("peek").isEqualTo(5);
        store(value, 60_000);
        assertThat(call(policy + 1, "refund", NOW).remaining()).as("refund").isEqualTo(5);
        store(value, 60_000);
        assertThat(call(policy + 2, "decide", NOW).remaining()).as("check").isEqualTo(3);
        assertThat(call(policy + 3, "decide", NOW).remaining()).as("next check").isZero();
        assertThat(call(policy + 1, "decide", NOW).retry()).as("full").isPositive();
    }

    @Test
    void hitsOfACachedFixedWindowReplaceTheValueOfAnotherAlgorithm() throws Exception {
        for (String value :
                List.of("1000000050000005", "2000000000600000", "1790000000000:5:5", "9223372036854775807")) {
            try (Jedis jedis = TestRedis.jedis()) {
                jedis.set(key, value, SetParams.setParams().px(50_000));
                Operation<Long> increment =
                        new Operation<>(INCREMENT, List.of(key), List.of("F:5:60000:2"), reply -> reply.number(0));
                assertThat(redis.callUncancellable(increment).get(10, TimeUnit.SECONDS))
                        .isEqualTo(3);
                assertThat(jedis.get(key)).isEqualTo("2");
                assertThat(jedis.pttl(key)).isBetween(55_000L, 60_000L);
            }
        }
    }

    private void store(String value, long ttl) {
        try (Jedis jedis = TestRedis.jedis()) {
            jedis.set(key, value);
            jedis.set("{" + key + "}:expiry", Long.toString(NOW + ttl));
        }
    }

    @ParameterizedTest
    @CsvSource({"S, 1000", "S, 60000", "T, 1000", "T, 60000"})
    void deniedCallPassesAfterItsRetryDelayAlthoughTheClockWasSetBack(String algorithm, long window) throws Exception {
        String check = algorithm + ":3:" + window + ":3";
        assertThat(call(check, "decide", NOW).retry()).isZero();
        long time = NOW - 30_000;
        Outcome denied = call(check, "decide", time);
        assertThat(List.of(denied.retry(), denied.reset()))
                .allSatisfy(millis -> assertThat(millis).isBetween(1L, 2 * window));
        assertThat(call(check, "decide", time + denied.retry() - 1).retry()).isEqualTo(1);
        assertThat(call(check, "decide", time + denied.retry()).retry()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "T:3:3600000:3, T:3:2000:1, 2000",
        "T:10:3600000:10, T:2:3600000:1, 3600000",
        "S:3:3600000:3, S:3:2000:1, 4000"
    })
    void stateOfAnotherPolicyIsCappedToThePolicyInForce(String before, String after, long longest) throws Exception {
        assertThat(call(before, "decide", NOW).retry()).isZero();
        Outcome outcome = call(after, "decide", NOW + 1);
        assertThat(outcome.retry()).isBetween(0L, longest);
        assertThat(outcome.reset()).isBetween(1L, longest);
    }

    private Outcome call(String check, String function, long time) throws Exception {
        return redis.callUncancellable(new Operation<>(
                        CHECK_AT,
                        List.of(key),
                        List.of(check, function, Long.toString(time)),
                        reply -> new Outcome(reply.number(0), reply.number(1), reply.number(2), reply.number(3))))
                .get(10, TimeUnit.SECONDS);
    }

    /** Two adjoining windows, which begin at multiples of their length. The previous one counts by its share. */
    private static final class SlidingWindow extends Model {
        private long number;
        private long previous;
        private long current;

        SlidingWindow(long limit, long window) {
            super(limit, window);
        }

        @Override
        long free(long time) {
            long windows = time / window - number;
            long left = window - time % window;
            long used = windows == 0 ? previous * left + current * window : windows == 1 ? current * left : 0;
            return limit * window - used;
        }

        private void roll(long time) {
            long windows = time / window - number;
            if (windows > 0) {
                previous = windows == 1 ? current : 0;
                current = 0;
                number += windows;
            }
        }

        @Override
        void count(long hits, long time) {
            roll(time);
            current += hits;
        }

        @Override
        void refund(long hits, long time) {
            roll(time);
            long ofCurrent = Math.min(hits, current);
            current -= ofCurrent;
            previous = Math.max(0, previous - (hits - ofCurrent));
        }
    }

    /** A bucket of {@code limit} tokens that gains {@code limit / window} tokens per ms. */
    private static final class TokenBucket extends Model {
        private long level;
        private long at;

        TokenBucket(long limit, long window) {
            super(limit, window);
            level = limit * window;
        }

        @Override
        long free(long time) {
            return level == limit * window ? level : Math.min(limit * window, level + (time - at) * limit);
        }

        @Override
        void count(long hits, long time) {
            level = free(time) - hits * window;
            at = time;
        }

        @Override
        void refund(long hits, long time) {
            level = Math.min(limit * window, free(time) + hits * window);
            at = time;
        }
    }
}

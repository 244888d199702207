package io.flowhub.ephemeral.server.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.math.BigInteger;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** Compares the scripts with models of the definitions, over random calls at random times. */
@Tag("contract")
class AlgorithmModelTest {

    private static final Script CHECK_AT = Script.load("ratelimit/check_at");
    private static final int STEPS = 1_500;

    private static RedisClient redis;

    @BeforeAll
    static void connect() throws Exception {
        redis = RedisClient.open(
                TestServer.configuration("redis.url: " + TestRedis.url())
                        .settings()
                        .redis(),
                Ticker.systemTicker());
        redis.initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @AfterAll
    static void close() {
        redis.close();
    }

    /** The reply of an algorithm, in hits and ms. */
    private record Outcome(long remaining, long reset, long retry) {}

    /** The definition of an algorithm. Times are in ms. */
    private interface Model {

        /** Whether these hits fit at this time, on top of the counted ones. */
        boolean fits(long hits, long time);

        void count(long hits, long time);

        void refund(long hits, long time);

        long remaining(long time);
    }

    @ParameterizedTest
    @CsvSource({
        "S, 10, 1000", "S, 1, 1000", "S, 7, 1500", "S, 1000000, 43200000", "S, 3, 60000",
        "T, 10, 1000", "T, 1, 1000", "T, 7, 1500", "T, 1000000, 86400000", "T, 3, 60000"
    })
    void scriptDecidesAsTheDefinitionRequires(String algorithm, int limit, long window) throws Exception {
        SplittableRandom random = new SplittableRandom(limit * 31L + window);
        Model model = algorithm.equals("S") ? new SlidingWindow(limit, window) : new TokenBucket(limit, window);
        String key = "rate:model-" + algorithm + limit + "-" + window + ":" + System.nanoTime();
        long time = 1_790_000_000_000L;
        for (int step = 0; step < STEPS; step++) {
            time += random.nextInt(10) == 0
                    ? random.nextLong(3 * window)
                    : random.nextLong(window / Math.min(limit, 20) + 1);
            long hits = random.nextInt(5) == 0 ? random.nextLong(limit + 2) : random.nextLong(Math.max(2, limit / 3));
            String what = algorithm + ":" + limit + ":" + window + ":" + hits + " at step " + step;
            if (random.nextInt(12) == 0 && hits > 0) {
                Outcome outcome = call(key, algorithm + ":" + limit + ":" + window + ":" + hits, "refund", time);
                model.refund(hits, time);
                assertThat(outcome.remaining()).as("refund of " + what).isEqualTo(model.remaining(time));
                continue;
            }
            Outcome outcome = call(key, algorithm + ":" + limit + ":" + window + ":" + hits, "decide", time);
            long wanted = Math.max(1, hits);
            boolean fits = model.fits(wanted, time);
            assertThat(outcome.retry() == 0).as(what).isEqualTo(fits);
            if (fits && hits > 0) {
                model.count(hits, time);
            }
            assertThat(outcome.remaining()).as("remaining of " + what).isEqualTo(model.remaining(time));
            if (!fits && wanted <= limit) {
                assertThat(model.fits(wanted, time + outcome.retry()))
                        .as("fits after retry: " + what)
                        .isTrue();
                assertThat(model.fits(wanted, time + outcome.retry() - 1))
                        .as("does not fit before: " + what)
                        .isFalse();
            } else if (!fits) {
                assertThat(outcome.retry()).as("never fits: " + what).isEqualTo(-1);
            }
            assertThat(model.remaining(time + outcome.reset()))
                    .as("empty after reset: " + what)
                    .isEqualTo(limit);
        }
        try (Jedis jedis = TestRedis.jedis()) {
            jedis.del(key);
        }
    }

    private static Outcome call(String key, String check, String function, long time) throws Exception {
        return redis.callUncancellable(new Operation<>(
                        CHECK_AT,
                        List.of(key),
                        List.of(check, function, Long.toString(time)),
                        reply -> new Outcome(reply.number(0), reply.number(1), reply.number(2))))
                .get(10, TimeUnit.SECONDS);
    }

    /** Two adjoining windows. The first starts with the first hit; the previous window counts by its share. */
    private static final class SlidingWindow implements Model {
        private final long limit;
        private final long window;
        private long start = Long.MIN_VALUE;
        private long previous;
        private long current;

        SlidingWindow(long limit, long window) {
            this.limit = limit;
            this.window = window;
        }

        /** Hits in the last {@code window} ms times {@code window}, so that the number is an integer. */
        private BigInteger used(long time) {
            if (previous + current == 0 || time >= start + 2 * window) {
                return BigInteger.ZERO;
            }
            boolean next = time >= start + window;
            long left = (next ? start + 2 * window : start + window) - time;
            long whole = next ? 0 : current;
            long partial = next ? current : previous;
            return BigInteger.valueOf(partial)
                    .multiply(BigInteger.valueOf(left))
                    .add(BigInteger.valueOf(whole).multiply(BigInteger.valueOf(window)));
        }

        private void roll(long time) {
            if (previous + current == 0 || time >= start + 2 * window) {
                start = time;
                previous = 0;
                current = 0;
            } else if (time >= start + window) {
                start += window;
                previous = current;
                current = 0;
            }
        }

        @Override
        public boolean fits(long hits, long time) {
            BigInteger after = used(time).add(BigInteger.valueOf(hits).multiply(BigInteger.valueOf(window)));
            return after.compareTo(BigInteger.valueOf(limit).multiply(BigInteger.valueOf(window))) <= 0;
        }

        @Override
        public void count(long hits, long time) {
            roll(time);
            current += hits;
        }

        @Override
        public void refund(long hits, long time) {
            roll(time);
            long ofCurrent = Math.min(hits, current);
            current -= ofCurrent;
            previous = Math.max(0, previous - (hits - ofCurrent));
        }

        @Override
        public long remaining(long time) {
            BigInteger free = BigInteger.valueOf(limit)
                    .multiply(BigInteger.valueOf(window))
                    .subtract(used(time));
            return Math.max(0, free.divide(BigInteger.valueOf(window)).longValueExact());
        }
    }

    /** A bucket of {@code limit} tokens that gains {@code limit / window} tokens per ms. Levels are in 1/window tokens. */
    private static final class TokenBucket implements Model {
        private final BigInteger full;
        private final long limit;
        private final long window;
        private BigInteger level;
        private long at = Long.MIN_VALUE;

        TokenBucket(long limit, long window) {
            this.limit = limit;
            this.window = window;
            this.full = BigInteger.valueOf(limit).multiply(BigInteger.valueOf(window));
            this.level = full;
        }

        private BigInteger level(long time) {
            return at == Long.MIN_VALUE
                    ? full
                    : level.add(BigInteger.valueOf(time - at).multiply(BigInteger.valueOf(limit)))
                            .min(full);
        }

        private void set(BigInteger newLevel, long time) {
            level = newLevel.min(full);
            at = time;
        }

        @Override
        public boolean fits(long hits, long time) {
            return level(time).compareTo(BigInteger.valueOf(hits).multiply(BigInteger.valueOf(window))) >= 0;
        }

        @Override
        public void count(long hits, long time) {
            set(level(time).subtract(BigInteger.valueOf(hits).multiply(BigInteger.valueOf(window))), time);
        }

        @Override
        public void refund(long hits, long time) {
            set(level(time).add(BigInteger.valueOf(hits).multiply(BigInteger.valueOf(window))), time);
        }

        @Override
        public long remaining(long time) {
            return level(time).divide(BigInteger.valueOf(window)).longValueExact();
        }
    }
}

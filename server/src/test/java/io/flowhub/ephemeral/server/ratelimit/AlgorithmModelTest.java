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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** The scripts against models written from the definitions alone, over random calls at random times. */
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

    /** What an algorithm answers. */
    private record Answer(long remaining, long reset, long retry) {}

    /** An algorithm by its definition. Times are in ms. */
    private interface Model {

        /** How many of these hits fit at this time, on top of what was counted. */
        boolean fits(long hits, long time);

        void count(long hits, long time);

        void giveBack(long hits, long time);

        long remaining(long time);
    }

    @ParameterizedTest
    @CsvSource({
        "S, 10, 1000", "S, 1, 1000", "S, 7, 1500", "S, 1000000, 43200000", "S, 3, 60000",
        "T, 10, 1000", "T, 1, 1000", "T, 7, 1500", "T, 1000000, 86400000", "T, 3, 60000"
    })
    void scriptDecidesAsTheDefinitionSays(String algorithm, int limit, long window) throws Exception {
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
                Answer answer = call(key, algorithm + ":" + limit + ":" + window + ":" + hits, "refund", time);
                model.giveBack(hits, time);
                assertThat(answer.remaining()).as("refund of " + what).isEqualTo(model.remaining(time));
                continue;
            }
            Answer answer = call(key, algorithm + ":" + limit + ":" + window + ":" + hits, "decide", time);
            long wanted = Math.max(1, hits);
            boolean fits = model.fits(wanted, time);
            assertThat(answer.retry() == 0).as(what).isEqualTo(fits);
            if (fits && hits > 0) {
                model.count(hits, time);
            }
            assertThat(answer.remaining()).as("remaining of " + what).isEqualTo(model.remaining(time));
            if (!fits && wanted <= limit) {
                assertThat(model.fits(wanted, time + answer.retry()))
                        .as("passes after retry: " + what)
                        .isTrue();
                assertThat(model.fits(wanted, time + answer.retry() - 1))
                        .as("and not before: " + what)
                        .isFalse();
            } else if (!fits) {
                assertThat(answer.retry()).as("never: " + what).isEqualTo(-1);
            }
            assertThat(model.remaining(time + answer.reset()))
                    .as("whole after reset: " + what)
                    .isEqualTo(limit);
        }
        try (Jedis jedis = TestRedis.jedis()) {
            jedis.del(key);
        }
    }

    private static Answer call(String key, String terms, String what, long time) throws Exception {
        return redis.callUncancellable(new Operation<>(
                        CHECK_AT,
                        List.of(key),
                        List.of(terms, what, Long.toString(time)),
                        reply -> new Answer(reply.number(0), reply.number(1), reply.number(2))))
                .get(10, TimeUnit.SECONDS);
    }

    /** Two adjoining windows, the first of which starts with the first hit; the previous one counts by its share. */
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

        /** Hits in the last window, times the window's length: exact, without fractions. */
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
        public void giveBack(long hits, long time) {
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

    /** A bucket of {@code limit} tokens, to which {@code limit / window} tokens are added each ms. Kept in 1/window tokens. */
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
        public void giveBack(long hits, long time) {
            set(level(time).add(BigInteger.valueOf(hits).multiply(BigInteger.valueOf(window))), time);
        }

        @Override
        public long remaining(long time) {
            return level(time).divide(BigInteger.valueOf(window)).longValueExact();
        }
    }
}

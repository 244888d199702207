package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.millis;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** Calls of one user within a second: the server knows the end of their window whatever happens to the key. */
class BurstTest {

    private static RedisProcess process;
    private static TestServer server;
    private static Jedis redis;

    private final String user = UniqueIds.next();
    private final String key = "rate:" + user + ":fixed";

    @BeforeAll
    static void start() throws IOException {
        process = RedisProcess.start();
        server = TestServer.on(process.url(), RateLimitCalls.POLICIES);
        redis = process.jedis();
    }

    @AfterAll
    static void stop() {
        Invariant.assertAllExpire(redis);
        redis.close();
        server.close();
        process.close();
    }

    @Test
    void onlyTheFirstCallAsksForTheEndOfTheWindow() {
        long before = asked();
        for (int remaining = 9; remaining > 0; remaining--) {
            CheckRateResponse answer = answer(1);
            assertThat(answer.getRemaining()).isEqualTo(remaining);
            assertThat(millis(answer.getResetAfter())).isBetween(3_595_000L, 3_600_000L);
        }
        CheckRateResponse denied = answer(2);
        assertThat(denied.getAllowed()).isFalse();
        assertThat(denied.getRemaining()).isEqualTo(1);
        assertThat(denied.getRetryAfter()).isEqualTo(denied.getResetAfter());
        assertThat(answer(1).getRemaining()).isZero();
        assertThat(redis.get(key)).isEqualTo("10");
        assertThat(asked() - before).as("one a second").isLessThan(5);
    }

    @Test
    void keyDeletedByHandStartsANewWindow() {
        answer(4);
        redis.pexpire(key, 1_800_000);
        redis.del(key);
        CheckRateResponse first = answer(3);
        assertThat(first.getRemaining()).isEqualTo(7);
        assertThat(millis(first.getResetAfter())).isEqualTo(3_600_000);
        assertThat(redis.pttl(key)).isBetween(3_590_000L, 3_600_000L);
    }

    @Test
    void textByAnotherHandCountsAsNothingAndExpires() {
        answer(4);
        redis.set(key, "not a count", new SetParams().px(1_000));
        assertThat(answer(3).getRemaining()).isEqualTo(7);
        assertThat(redis.pttl(key)).isBetween(3_590_000L, 3_600_000L);
    }

    @Test
    void windowThatEndsInTheBurstIsFollowedByANewOne() {
        for (int i = 0; i < 3; i++) {
            server.rateLimits().checkRate(check(user, "one_second"));
        }
        Eventually.within(
                Duration.ofSeconds(3),
                "the call is allowed",
                () -> server.rateLimits().checkRate(check(user, "one_second")).getAllowed());
        assertThat(redis.pttl("rate:" + user + ":one_second")).isBetween(1L, 1_000L);
        assertThat(redis.get("rate:" + user + ":one_second")).isEqualTo("1");
    }

    private CheckRateResponse answer(int hits) {
        return server.rateLimits().checkRate(check(user, "fixed", hits));
    }

    private static long asked() {
        return redis.info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_pttl:calls="))
                .mapToLong(line -> Long.parseLong(line.replaceAll("^.*?calls=(\\d+),.*$", "$1")))
                .findFirst()
                .orElse(0);
    }
}

package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.millis;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.CommandStats;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** Calls of one user within a second: the server has cached the end of the window, whatever happens to the key. */
@Tag("contract")
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
    void onlyTheFirstCallReadsTheEndOfTheWindow() {
        long before = CommandStats.calls(redis, "pttl");
        for (int remaining = 9; remaining > 0; remaining--) {
            CheckRateResponse response = call(1);
            assertThat(response.getRemaining()).isEqualTo(remaining);
            assertThat(millis(response.getResetAfter())).isBetween(3_595_000L, 3_600_000L);
        }
        CheckRateResponse denied = call(2);
        assertThat(denied.getAllowed()).isFalse();
        assertThat(denied.getRemaining()).isEqualTo(1);
        assertThat(denied.getRetryAfter()).isEqualTo(denied.getResetAfter());
        assertThat(call(1).getRemaining()).isZero();
        assertThat(redis.get(key)).isEqualTo("10");
        assertThat(CommandStats.calls(redis, "pttl") - before)
                .as("one per second")
                .isLessThan(5);
    }

    @Test
    void keyDeletedByHandStartsANewWindow() {
        call(4);
        redis.pexpire(key, 1_800_000);
        redis.del(key);
        CheckRateResponse first = call(3);
        assertThat(first.getRemaining()).isEqualTo(7);
        assertThat(millis(first.getResetAfter())).isEqualTo(3_600_000);
        assertThat(redis.pttl(key)).isBetween(3_590_000L, 3_600_000L);
    }

    @Test
    void foreignTextCountsAsNothingAndExpires() {
        call(4);
        redis.set(key, "not a count", new SetParams().px(1_000));
        assertThat(call(3).getRemaining()).isEqualTo(7);
        assertThat(redis.pttl(key)).isBetween(3_590_000L, 3_600_000L);
    }

    @Test
    void newWindowStartsWhenOneEndsDuringTheBurst() {
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

    private CheckRateResponse call(int hits) {
        return server.rateLimits().checkRate(check(user, "fixed", hits));
    }
}

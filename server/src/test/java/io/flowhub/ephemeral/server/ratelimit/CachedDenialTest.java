package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.allowed;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.denied;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.millis;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.Outcome;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.SetParams;

/**
 * A server caches the end of a window, and whether it is full. A refund or reset on another server ends that. Two servers,
 * one Redis.
 */
@Tag("contract")
class CachedDenialTest {

    @AutoClose
    private static final RedisProcess process = RedisProcess.start();

    @AutoClose
    private static final Jedis redis = process.jedis();

    @AutoClose
    private static final TestServer firstServer = TestServer.on(process.url(), RateLimitCalls.POLICIES);

    @AutoClose
    private static final TestServer secondServer = TestServer.on(process.url(), RateLimitCalls.POLICIES);

    private final String user = UniqueIds.next();
    private final String key = "rate:" + user + ":fixed";
    private final RateLimitCalls here = new RateLimitCalls(firstServer, user);
    private final RateLimitCalls there = new RateLimitCalls(secondServer, user);

    @AfterAll
    static void everyKeyExpires() {
        Topology.assertAllExpire(redis);
    }

    @Test
    void callsOverTheLimitCostRedisAlmostNothing() {
        fill("fixed", here, there);
        long before = RedisProcess.calls(redis, "evalsha");
        for (int i = 0; i < 2_000; i++) {
            assertThat(here.isAllowed("fixed")).isFalse();
        }
        assertThat(RedisProcess.calls(redis, "evalsha") - before)
                .as("about one per second")
                .isLessThan(100);
    }

    @Tag("latency")
    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void refundAndResetOnOneServerFreeHitsOnTheOther(String action) {
        fill(action, here, there);
        assertThat(here.refund(action, 3)).isEqualTo(3);
        assertAllowedSoon(there, action);
        assertThat(here.isAllowed(action)).isTrue();
        assertThat(there.isAllowed(action)).isTrue();
        assertThat(here.isAllowed(action)).isFalse();

        fill(action, here, there);
        assertThat(here.reset(action)).isEqualTo(10);
        assertAllowedSoon(there, action);
        assertThat(there.remaining(action)).isEqualTo(9);
    }

    /** The server that refunds or resets does not wait for the published message. */
    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void refundAndResetTakeEffectHereAtOnce(String action) {
        for (int i = 0; i < 100; i++) {
            fill(action, here);
            here.refund(action, 1);
            assertThat(here.isAllowed(action)).as("after refund " + i).isTrue();
            assertThat(here.isAllowed(action)).isFalse();
            here.reset(action);
            assertThat(here.isAllowed(action)).as("after reset " + i).isTrue();
            here.reset(action);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void refundNeverMakesTheCountNegative(String action) {
        here.call(action, 2);
        assertThat(here.refund(action, 1_000_000)).isEqualTo(10);
        assertThat(here.refund(action, 1)).isEqualTo(10);
        assertThat(here.decide(action, 10)).isEqualTo(allowed(0));
        assertThat(here.isAllowed(action)).isFalse();
    }

    /** The messages of the lease arrive, so the window counts as full beyond the first second. */
    @Tag("latency")
    @Test
    void windowThatStaysFullIsReadEveryFiveSeconds() {
        fill("fixed", here);
        long before = RedisProcess.calls(redis, "incrby");
        long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
        while (System.nanoTime() < end) {
            assertThat(here.isAllowed("fixed")).isFalse();
        }
        assertThat(RedisProcess.calls(redis, "incrby") - before)
                .as("one each second without the lease")
                .isLessThan(2);
    }

    @Test
    void deletedKeyIsDetected() {
        fill("fixed", here, there);
        redis.del(key);
        Eventually.within(Duration.ofSeconds(7), "a call is allowed", () -> here.isAllowed("fixed"));
    }

    @Tag("latency")
    @Test
    void cutSubscriptionEndsAllCachedDenials() {
        fill("fixed", here, there);
        redis.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
        here.refund("fixed", 1);
        assertAllowedSoon(there, "fixed");
    }

    @Test
    void onlyTheFirstCallReadsTheEndOfTheWindow() {
        long before = RedisProcess.calls(redis, "pttl");
        for (int remaining = 9; remaining > 0; remaining--) {
            CheckRateResponse response = here.call("fixed", 1);
            assertThat(response.getRemaining()).isEqualTo(remaining);
            assertThat(millis(response.getResetAfter())).isBetween(3_595_000L, 3_600_000L);
        }
        CheckRateResponse denied = here.call("fixed", 2);
        assertThat(Outcome.of(denied)).isEqualTo(denied(1));
        assertThat(denied.getRetryAfter()).isEqualTo(denied.getResetAfter());
        assertThat(here.call("fixed", 1).getRemaining()).isZero();
        assertThat(redis.get(key)).isEqualTo("10");
        assertThat(RedisProcess.calls(redis, "pttl") - before)
                .as("one per second")
                .isLessThan(5);
    }

    @Test
    void keyDeletedWhileItsWindowIsCachedStartsANewWindow() {
        here.call("fixed", 4);
        redis.pexpire(key, 1_800_000);
        redis.del(key);
        CheckRateResponse first = here.call("fixed", 3);
        assertThat(first.getRemaining()).isEqualTo(7);
        assertThat(millis(first.getResetAfter())).isEqualTo(3_600_000);
        assertThat(redis.pttl(key)).isBetween(3_590_000L, 3_600_000L);
    }

    @Test
    void foreignTextWhileTheWindowIsCachedCountsAsNothingAndExpires() {
        here.call("fixed", 4);
        redis.set(key, "not a count", new SetParams().px(1_000));
        assertThat(here.call("fixed", 3).getRemaining()).isEqualTo(7);
        assertThat(redis.pttl(key)).isBetween(3_590_000L, 3_600_000L);
    }

    /** Uses up the limit. Each server reads that from Redis, and denies a second call from its cache. */
    private void fill(String action, RateLimitCalls... servers) {
        servers[0].call(action, 10);
        for (RateLimitCalls server : servers) {
            assertThat(server.isAllowed(action)).isFalse();
            assertThat(server.isAllowed(action)).isFalse();
        }
    }

    private static void assertAllowedSoon(RateLimitCalls server, String action) {
        Duration waited = Eventually.within(Duration.ofSeconds(5), "a call is allowed", () -> server.isAllowed(action));
        assertThat(waited).as("published, not expired after a second").isLessThan(Duration.ofMillis(500));
    }
}

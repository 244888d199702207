package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.CommandStats;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Denials from the local cache, which a refund or reset on another server ends. Two servers, one Redis. */
@Tag("contract")
class CachedDenialTest {

    private static RedisProcess process;
    private static TestServer here;
    private static TestServer there;
    private static Jedis redis;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        process = RedisProcess.start();
        here = TestServer.on(process.url(), RateLimitCalls.POLICIES);
        there = TestServer.on(process.url(), RateLimitCalls.POLICIES);
        redis = process.jedis();
    }

    @AfterAll
    static void stop() {
        Invariant.assertAllExpire(redis);
        redis.close();
        here.close();
        there.close();
        process.close();
    }

    @Test
    void callsOverTheLimitCostRedisAlmostNothing() {
        fill("fixed", here, there);
        long before = CommandStats.calls(redis, "evalsha");
        for (int i = 0; i < 2_000; i++) {
            assertThat(here.rateLimits().checkRate(check(user, "fixed")).getAllowed())
                    .isFalse();
        }
        assertThat(CommandStats.calls(redis, "evalsha") - before)
                .as("about one per second")
                .isLessThan(100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void refundOnOneServerFreesHitsOnTheOther(String action) {
        fill(action, here, there);
        int remaining = here.rateLimits().refundRate(refund(action, 3)).getRemaining();
        assertThat(remaining).isEqualTo(3);
        Duration waited = Eventually.within(Duration.ofSeconds(5), "a call is allowed", () -> allowed(there, action));
        assertThat(waited).as("published, not expired after a second").isLessThan(Duration.ofMillis(500));
        assertThat(allowed(here, action)).isTrue();
        assertThat(allowed(there, action)).isTrue();
        assertThat(allowed(here, action)).isFalse();
    }

    /** The server that refunds or resets does not wait for the published message. */
    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void refundAndResetTakeEffectHereAtOnce(String action) {
        ResetRateRequest reset =
                ResetRateRequest.newBuilder().setUserId(user).setAction(action).build();
        for (int i = 0; i < 100; i++) {
            fill(action, here);
            here.rateLimits().refundRate(refund(action, 1));
            assertThat(allowed(here, action)).as("after refund " + i).isTrue();
            assertThat(allowed(here, action)).isFalse();
            here.rateLimits().resetRate(reset);
            assertThat(allowed(here, action)).as("after reset " + i).isTrue();
            here.rateLimits().resetRate(reset);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void resetOnOneServerFreesTheLimitOnTheOther(String action) {
        fill(action, here, there);
        int remaining = here.rateLimits()
                .resetRate(ResetRateRequest.newBuilder()
                        .setUserId(user)
                        .setAction(action)
                        .build())
                .getRemaining();
        assertThat(remaining).isEqualTo(10);
        Duration waited = Eventually.within(Duration.ofSeconds(5), "a call is allowed", () -> allowed(there, action));
        assertThat(waited).as("published, not expired after a second").isLessThan(Duration.ofMillis(500));
        assertThat(there.rateLimits().checkRate(check(user, action, 0)).getRemaining())
                .isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void refundNeverMakesTheCountNegative(String action) {
        here.rateLimits().checkRate(check(user, action, 2));
        assertThat(here.rateLimits().refundRate(refund(action, 1_000_000)).getRemaining())
                .isEqualTo(10);
        assertThat(here.rateLimits().refundRate(refund(action, 1)).getRemaining())
                .isEqualTo(10);
        assertThat(here.rateLimits().checkRate(check(user, action, 10)).getAllowed())
                .isTrue();
        assertThat(allowed(here, action)).isFalse();
    }

    @Test
    void keyDeletedByHandIsDetectedWithinTwoSeconds() {
        fill("fixed", here, there);
        redis.del("rate:" + user + ":fixed");
        Eventually.within(Duration.ofSeconds(2), "a call is allowed", () -> allowed(here, "fixed"));
    }

    @Test
    void refundIsDetectedAfterTheSubscriptionWasCut() {
        fill("fixed", here, there);
        redis.clientKill(new ClientKillParams().type(ClientType.PUBSUB));
        here.rateLimits().refundRate(refund("fixed", 1));
        Eventually.within(Duration.ofSeconds(2), "a call is allowed", () -> allowed(there, "fixed"));
    }

    private void fill(String action, TestServer... servers) {
        servers[0].rateLimits().checkRate(check(user, action, 10));
        for (TestServer server : servers) {
            RateLimitServiceBlockingStub limits = server.rateLimits();
            assertThat(limits.checkRate(check(user, action)).getAllowed()).isFalse();
            assertThat(limits.checkRate(check(user, action)).getAllowed()).isFalse();
        }
    }

    private boolean allowed(TestServer server, String action) {
        return server.rateLimits().checkRate(check(user, action)).getAllowed();
    }

    private RefundRateRequest refund(String action, int hits) {
        return RefundRateRequest.newBuilder()
                .setUserId(user)
                .setAction(action)
                .setHits(hits)
                .build();
    }
}

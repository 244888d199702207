package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.millis;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

@Tag("contract")
@Tag("quick")
class CheckRateTest {

    private static TestServer server;
    private static RateLimitServiceBlockingStub limits;
    private static Jedis redis;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url(), RateLimitCalls.POLICIES);
        limits = server.rateLimits();
        redis = TestRedis.jedis();
    }

    @AfterAll
    static void stop() {
        Invariant.assertAllExpire(redis);
        redis.close();
        server.close();
    }

    @Test
    void fiveAttemptsPassAndTheSixthIsDenied() {
        for (int remaining = 4; remaining >= 0; remaining--) {
            CheckRateResponse response = limits.checkRate(check(user, "login_attempts"));
            assertThat(response.getAllowed()).isTrue();
            assertThat(response.getLimit()).isEqualTo(5);
            assertThat(response.getRemaining()).isEqualTo(remaining);
            assertThat(millis(response.getResetAfter())).isBetween(55_000L, 60_000L);
            assertThat(response.hasRetryAfter()).isFalse();
        }
        CheckRateResponse denied = limits.checkRate(check(user, "login_attempts"));
        assertThat(denied.getAllowed()).isFalse();
        assertThat(denied.getRemaining()).isZero();
        assertThat(millis(denied.getRetryAfter())).isBetween(55_000L, 60_000L);
        assertThat(denied.getRetryAfter()).isEqualTo(denied.getResetAfter());
    }

    @Test
    void countIsStoredUnderItsKeyForTheWindow() {
        for (int i = 0; i < 7; i++) {
            limits.checkRate(check(user, "login_attempts"));
        }
        assertThat(redis.get("rate:" + user + ":login_attempts")).isEqualTo("5");
        assertThat(redis.pttl("rate:" + user + ":login_attempts")).isBetween(55_000L, 60_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void deniedCallConsumesNothing(String action) {
        assertThat(limits.checkRate(check(user, action, 8)).getAllowed()).isTrue();
        CheckRateResponse denied = limits.checkRate(check(user, action, 3));
        assertThat(denied.getAllowed()).isFalse();
        assertThat(denied.getRemaining()).isEqualTo(2);
        assertThat(denied.hasRetryAfter()).isTrue();
        assertThat(limits.checkRate(check(user, action, 2)).getAllowed()).isTrue();
        assertThat(limits.checkRate(check(user, action, 1)).getAllowed()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void moreHitsThanTheLimitAreDeniedWithoutARetryTime(String action) {
        CheckRateResponse fresh = limits.checkRate(check(user, action, 11));
        assertThat(fresh.getAllowed()).isFalse();
        assertThat(fresh.hasRetryAfter()).isFalse();
        assertThat(fresh.getRemaining()).isEqualTo(10);
        limits.checkRate(check(user, action, 10));
        CheckRateResponse full = limits.checkRate(check(user, action, 11));
        assertThat(full.getAllowed()).isFalse();
        assertThat(full.hasRetryAfter()).isFalse();
        assertThat(full.getRemaining()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void peekCountsNothing(String action) {
        for (int i = 0; i < 3; i++) {
            CheckRateResponse peek = limits.checkRate(check(user, action, 0));
            assertThat(peek.getAllowed()).isTrue();
            assertThat(peek.getRemaining()).isEqualTo(10);
            assertThat(millis(peek.getResetAfter())).isZero();
        }
        assertThat(redis.exists("rate:" + user + ":" + action)).isFalse();
        limits.checkRate(check(user, action, 10));
        CheckRateResponse full = limits.checkRate(check(user, action, 0));
        assertThat(full.getAllowed()).as("one hit would not fit").isFalse();
        assertThat(full.getRemaining()).isZero();
        assertThat(full.hasRetryAfter()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void sameRequestIsChargedOnce(String action) {
        var request = check(user, action, 6).toBuilder().setRequestId("order-1").build();
        assertThat(limits.checkRate(request).getRemaining()).isEqualTo(4);
        CheckRateResponse repeated = limits.checkRate(request);
        assertThat(repeated.getAllowed()).isTrue();
        assertThat(repeated.getRemaining()).isEqualTo(4);
        assertThat(limits.checkRate(request.toBuilder().setRequestId("order-2").build())
                        .getAllowed())
                .isFalse();
        assertThat(limits.checkRate(check(user, action, 4)).getAllowed()).isTrue();
        assertThat(limits.checkRate(request).getAllowed())
                .as("also when the limit is exhausted")
                .isTrue();
        assertThat(redis.pttl("{rate:" + user + ":" + action + "}:request:order-1"))
                .isPositive();
    }

    @Test
    void deniedRequestIsChargedLater() {
        var request = check(user, "one_second", 3).toBuilder().setRequestId("r").build();
        limits.checkRate(check(user, "one_second", 1));
        assertThat(limits.checkRate(request).getAllowed()).isFalse();
        Eventually.within(
                Duration.ofSeconds(5),
                "the call is allowed",
                () -> limits.checkRate(request).getAllowed());
    }

    @Test
    void windowStartsWithTheFirstHitAndEndsByItself() {
        limits.checkRate(check(user, "one_second", 3));
        CheckRateResponse denied = limits.checkRate(check(user, "one_second"));
        assertThat(denied.getAllowed()).isFalse();
        Duration waited = Eventually.within(
                Duration.ofSeconds(5),
                "the call is allowed",
                () -> limits.checkRate(check(user, "one_second")).getAllowed());
        assertThat(waited.toMillis()).isLessThanOrEqualTo(millis(denied.getRetryAfter()) + 250);
        assertThat(limits.checkRate(check(user, "one_second", 0)).getRemaining())
                .isEqualTo(2);
    }

    @Test
    void otherActionsUseThePolicyOfTheStar() {
        CheckRateResponse response = limits.checkRate(check(user, "unlisted"));
        assertThat(response.getLimit()).isEqualTo(7);
        assertThat(redis.get("rate:" + user + ":unlisted")).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void valueOfAnotherAlgorithmCountsAsNothing(String action) {
        for (String value : new String[] {"1790000000000:3:4", "123@1790000000000", "nonsense"}) {
            redis.set("rate:" + user + ":" + action, value, px(60_000));
            CheckRateResponse response = limits.checkRate(check(user, action));
            assertThat(response.getAllowed()).isTrue();
            redis.del("rate:" + user + ":" + action);
        }
        Invariant.assertAllExpire(redis);
    }

    @Test
    void shorterWindowOfAChangedPolicyAppliesAtOnce() {
        redis.set("rate:" + user + ":login_attempts", "2", px(3_600_000));
        CheckRateResponse response = limits.checkRate(check(user, "login_attempts"));
        assertThat(response.getRemaining()).isEqualTo(2);
        assertThat(millis(response.getResetAfter())).isLessThanOrEqualTo(60_000);
    }

    @Test
    void counterWithoutTtlGetsOne() {
        redis.set("rate:" + user + ":login_attempts", "2");
        limits.checkRate(check(user, "login_attempts"));
        assertThat(redis.pttl("rate:" + user + ":login_attempts")).isBetween(1L, 60_000L);
    }

    private static SetParams px(long millis) {
        return SetParams.setParams().px(millis);
    }
}

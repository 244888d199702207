package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.allowed;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.denied;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.millis;
import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.neverAllowed;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.Outcome;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Collections;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

@Tag("contract")
@Tag("quick")
class CheckRateTest {

    @AutoClose
    private static final TestServer server = TestServer.on(TestRedis.url(), RateLimitCalls.POLICIES);

    @AutoClose
    private static final Jedis redis = TestRedis.jedis();

    @AutoClose
    private static final TestServer withoutStar = TestServer.on(TestRedis.url());

    private final RateLimitCalls user = new RateLimitCalls(server, UniqueIds.next());

    @AfterAll
    static void everyKeyExpires() {
        Topology.assertAllExpire(redis);
    }

    @Test
    void fiveAttemptsPassAndTheSixthIsDenied() {
        for (int remaining = 4; remaining >= 0; remaining--) {
            CheckRateResponse response = user.call(check(user.user(), "login_attempts"));
            assertThat(Outcome.of(response)).isEqualTo(allowed(remaining));
            assertThat(response.getLimit()).isEqualTo(5);
            assertThat(millis(response.getResetAfter())).isBetween(55_000L, 60_000L);
        }
        for (int i = 0; i < 2; i++) {
            CheckRateResponse denied = user.call(check(user.user(), "login_attempts"));
            assertThat(Outcome.of(denied)).isEqualTo(denied(0));
            assertThat(millis(denied.getRetryAfter())).isBetween(55_000L, 60_000L);
            assertThat(denied.getRetryAfter()).isEqualTo(denied.getResetAfter());
        }
        assertThat(redis.get(key("login_attempts"))).isEqualTo("5");
        assertThat(redis.pttl(key("login_attempts"))).isBetween(55_000L, 60_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void deniedCallConsumesNothing(String action) {
        assertThat(user.decide(action, 8)).isEqualTo(allowed(2));
        assertThat(user.decide(action, 3)).isEqualTo(denied(2));
        assertThat(user.decide(action, 2)).isEqualTo(allowed(0));
        assertThat(user.decide(action, 1)).isEqualTo(denied(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void moreHitsThanTheLimitAreDeniedWithoutARetryTime(String action) {
        assertThat(user.decide(action, 11)).isEqualTo(neverAllowed(10));
        user.call(action, 10);
        assertThat(user.decide(action, 11)).isEqualTo(neverAllowed(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void peekCountsNothing(String action) {
        for (int i = 0; i < 3; i++) {
            CheckRateResponse peek = user.call(action, 0);
            assertThat(Outcome.of(peek)).isEqualTo(allowed(10));
            assertThat(millis(peek.getResetAfter())).isZero();
        }
        assertThat(redis.exists(key(action))).isFalse();
        user.call(action, 10);
        assertThat(user.decide(action, 0)).as("one hit would not fit").isEqualTo(denied(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void sameRequestIsChargedOnce(String action) {
        CheckRateRequest request = user.of(action, 6, "order-1");
        assertThat(user.call(request).getRemaining()).isEqualTo(4);
        assertThat(Outcome.of(user.call(request))).isEqualTo(allowed(4));
        assertThat(user.call(user.of(action, 6, "order-2")).getAllowed()).isFalse();
        assertThat(user.call(action, 4).getAllowed()).isTrue();
        assertThat(user.call(request).getAllowed())
                .as("also when the limit is exhausted")
                .isTrue();
        assertThat(redis.pttl("{" + key(action) + "}:request:order-1")).isPositive();
    }

    @Test
    void deniedRequestIsChargedLater() {
        CheckRateRequest request = user.of("one_second", 3, "r");
        user.call("one_second", 1);
        assertThat(user.call(request).getAllowed()).isFalse();
        Eventually.within(
                Duration.ofSeconds(5),
                "the call is allowed",
                () -> user.call(request).getAllowed());
    }

    @Test
    void windowStartsWithTheFirstHitAndEndsByItself() {
        for (int i = 0; i < 3; i++) {
            user.call("one_second", 1);
        }
        CheckRateResponse denied = user.call("one_second", 1);
        assertThat(denied.getAllowed()).isFalse();
        Duration waited =
                Eventually.within(Duration.ofSeconds(5), "the call is allowed", () -> user.isAllowed("one_second"));
        assertThat(waited.toMillis()).isLessThanOrEqualTo(millis(denied.getRetryAfter()) + 250);
        assertThat(user.remaining("one_second")).isEqualTo(2);
        assertThat(redis.pttl(key("one_second"))).isBetween(1L, 1_000L);
        assertThat(redis.get(key("one_second"))).isEqualTo("1");
    }

    @Test
    void otherActionsUseThePolicyOfTheStar() {
        assertThat(user.call("unlisted", 1).getLimit()).isEqualTo(7);
        assertThat(redis.get(key("unlisted"))).isEqualTo("1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fixed", "sliding", "bucket"})
    void valueOfAnotherAlgorithmCountsAsNothing(String action) {
        for (String value : new String[] {"1790000000000:3:4", "123@1790000000000", "nonsense"}) {
            redis.set(key(action), value, SetParams.setParams().px(60_000));
            assertThat(user.isAllowed(action)).isTrue();
            redis.del(key(action));
        }
        Topology.assertAllExpire(redis);
    }

    @Test
    void shorterWindowOfAChangedPolicyAppliesAtOnce() {
        redis.set(key("login_attempts"), "2", SetParams.setParams().px(3_600_000));
        CheckRateResponse response = user.call("login_attempts", 1);
        assertThat(response.getRemaining()).isEqualTo(2);
        assertThat(millis(response.getResetAfter())).isLessThanOrEqualTo(60_000);
    }

    @Test
    void counterWithoutTtlGetsOne() {
        redis.set(key("login_attempts"), "2");
        user.call("login_attempts", 1);
        assertThat(redis.pttl(key("login_attempts"))).isBetween(1L, 60_000L);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 1_000_001, Integer.MAX_VALUE})
    void hitsOutOfRangeCountNothing(int hits) {
        assertInvalid("hits", () -> user.call("fixed", hits));
        assertInvalid("hits", () -> user.refund("fixed", hits));
        assertInvalid("hits", () -> user.refund("fixed", 0));
        assertInvalid("requests[1].hits", () -> user.independent(user.of("fixed", 1), user.of("fixed", hits)));
    }

    @Test
    void invalidBatchCountsNothing() {
        for (int size : new int[] {0, 101}) {
            var checks = Collections.nCopies(size, user.of("fixed", 1));
            assertInvalid("requests", () -> user.batch(BatchMode.BATCH_MODE_INDEPENDENT, checks));
        }
        var unknownMode = BatchCheckRateRequest.newBuilder().setModeValue(99).addRequests(user.of("fixed", 1));
        assertInvalid("mode", () -> server.rateLimits().batchCheckRate(unknownMode.build()));
    }

    @Test
    void unknownActionWithoutStarIsNotFound() {
        RateLimitCalls strict = new RateLimitCalls(withoutStar, user.user());
        assertUnknownAction(() -> strict.call("logn_attempts", 1));
        assertUnknownAction(() -> strict.allOrNothing(strict.of("login_attempts", 1), strict.of("logn_attempts", 1)));
        assertThat(strict.remaining("login_attempts")).isEqualTo(5);
    }

    private void assertInvalid(String field, ThrowingCallable call) {
        StatusAssert.invalidField(field, call);
        assertThat(user.remaining("fixed")).isEqualTo(10);
    }

    private static void assertUnknownAction(ThrowingCallable call) {
        StatusRuntimeException e = StatusAssert.hasStatus(Code.NOT_FOUND, "ERROR_REASON_UNKNOWN_ACTION", call);
        assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap()).containsEntry("action", "logn_attempts");
    }

    private String key(String action) {
        return "rate:" + user.user() + ":" + action;
    }
}

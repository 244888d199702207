package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchCheckRateResponse;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

@Tag("contract")
@Tag("quick")
class BatchCheckRateTest {

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
    void independentChecksAreDecidedSeparately() {
        limits.checkRate(check(user, "fixed", 10));
        BatchCheckRateResponse response = independent(
                check(user, "sliding", 3),
                check(user, "fixed"),
                check(user, "bucket", 2),
                check(user, "login_attempts"));
        assertThat(response.getAllowed()).isFalse();
        assertThat(response.getResultsList())
                .extracting(CheckRateResponse::getAllowed)
                .containsExactly(true, false, true, true);
        assertThat(response.getResultsList())
                .extracting(CheckRateResponse::getRemaining)
                .containsExactly(7, 0, 8, 4);
    }

    @Test
    void sameLimitTwiceInABatchCountsTwice() {
        BatchCheckRateResponse response = independent(check(user, "fixed", 6), check(user, "fixed", 6));
        assertThat(response.getResultsList())
                .extracting(CheckRateResponse::getAllowed)
                .containsExactlyInAnyOrder(true, false);
        assertThat(remaining("fixed")).isEqualTo(4);
    }

    @Test
    void keyOfAnotherTypeFailsItsCheckOnly() {
        redis.lpush("rate:" + user + ":sliding", "x");
        redis.pexpire("rate:" + user + ":sliding", 60_000);
        BatchCheckRateResponse response =
                independent(check(user, "fixed"), check(user, "sliding"), check(user, "bucket"));
        assertThat(response.getAllowed()).isFalse();
        assertThat(response.getResultsList())
                .extracting(CheckRateResponse::getErrorReason)
                .containsExactly("", "ERROR_REASON_REDIS_REJECTED", "");
        assertThat(response.getResultsList())
                .extracting(CheckRateResponse::getAllowed)
                .containsExactly(true, false, true);
    }

    @Test
    void batchFailsWithTheReasonIfEveryCheckFails() {
        redis.lpush("rate:" + user + ":fixed", "x");
        redis.pexpire("rate:" + user + ":fixed", 60_000);
        assertThat(catchThrowable(() -> independent(check(user, "fixed"))))
                .hasMessageContaining("FAILED_PRECONDITION")
                .hasMessageContaining("WRONGTYPE");
    }

    @Test
    void allOrNothingChargesAllIfAllFit() {
        BatchCheckRateResponse response = allOrNothing(
                check(user, "fixed", 10),
                check(user, "sliding", 10),
                check(user, "bucket", 10),
                check(user, "other", 7));
        assertThat(response.getAllowed()).isTrue();
        assertThat(response.getResultsList()).allMatch(CheckRateResponse::getAllowed);
        assertThat(List.of(remaining("fixed"), remaining("sliding"), remaining("bucket"), remaining("other")))
                .containsOnly(0);
    }

    @Test
    void allOrNothingChargesNothingIfOneIsDenied() {
        limits.checkRate(check(user, "sliding", 9));
        limits.checkRate(check(user, "bucket", 4));
        BatchCheckRateResponse response = allOrNothing(
                check(user, "fixed", 2), check(user, "bucket", 3), check(user, "sliding", 2), check(user, "other"));
        assertThat(response.getAllowed()).isFalse();
        assertThat(response.getResultsList())
                .as("the denied check")
                .extracting(CheckRateResponse::getAllowed)
                .containsExactly(true, true, false, true);
        assertThat(response.getResultsList())
                .as("remaining without any charge")
                .extracting(CheckRateResponse::getRemaining)
                .containsExactly(10, 6, 1, 7);
        assertThat(response.getResults(2).hasRetryAfter()).isTrue();
        assertThat(redis.exists("rate:" + user + ":fixed")).isFalse();
        assertThat(List.of(remaining("fixed"), remaining("bucket"), remaining("sliding"), remaining("other")))
                .containsExactly(10, 6, 1, 7);
    }

    @Test
    void allOrNothingAddsUpChecksOfTheSameLimit() {
        assertThat(allOrNothing(check(user, "fixed", 6), check(user, "fixed", 5))
                        .getAllowed())
                .isFalse();
        assertThat(remaining("fixed")).isEqualTo(10);
        assertThat(allOrNothing(check(user, "fixed", 6), check(user, "fixed", 4))
                        .getAllowed())
                .isTrue();
        assertThat(remaining("fixed")).isZero();
    }

    @Test
    void allOrNothingWithAKeyOfAnotherTypeChargesNothing() {
        redis.lpush("rate:" + user + ":bucket", "x");
        redis.pexpire("rate:" + user + ":bucket", 60_000);
        assertThat(catchThrowable(() -> allOrNothing(check(user, "fixed"), check(user, "bucket"))))
                .hasMessageContaining("FAILED_PRECONDITION");
        assertThat(remaining("fixed")).isEqualTo(10);
    }

    @Test
    void allOrNothingChargesARequestOnce() {
        CheckRateRequest first =
                check(user, "fixed", 3).toBuilder().setRequestId("a").build();
        CheckRateRequest second =
                check(user, "sliding", 3).toBuilder().setRequestId("a").build();
        assertThat(allOrNothing(first, second, first).getAllowed()).isTrue();
        assertThat(allOrNothing(first, second).getAllowed()).isTrue();
        assertThat(remaining("fixed")).isEqualTo(7);
        assertThat(remaining("sliding")).isEqualTo(7);
    }

    @Test
    void deniedAllOrNothingDoesNotRecordItsRequests() {
        limits.checkRate(check(user, "sliding", 10));
        CheckRateRequest first =
                check(user, "fixed", 3).toBuilder().setRequestId("a").build();
        assertThat(allOrNothing(first, check(user, "sliding")).getAllowed()).isFalse();
        assertThat(limits.checkRate(first).getRemaining()).as("charged later").isEqualTo(7);
    }

    @Test
    void peekIsPartOfABatch() {
        limits.checkRate(check(user, "sliding", 10));
        assertThat(allOrNothing(check(user, "fixed", 0), check(user, "bucket")).getAllowed())
                .isTrue();
        assertThat(allOrNothing(check(user, "sliding", 0), check(user, "bucket"))
                        .getAllowed())
                .isFalse();
        assertThat(remaining("bucket")).isEqualTo(9);
    }

    private int remaining(String action) {
        return limits.checkRate(check(user, action, 0)).getRemaining();
    }

    private static BatchCheckRateResponse independent(CheckRateRequest... checks) {
        return limits.batchCheckRate(BatchCheckRateRequest.newBuilder()
                .addAllRequests(List.of(checks))
                .build());
    }

    private static BatchCheckRateResponse allOrNothing(CheckRateRequest... checks) {
        return limits.batchCheckRate(BatchCheckRateRequest.newBuilder()
                .setMode(BatchMode.BATCH_MODE_ALL_OR_NOTHING)
                .addAllRequests(List.of(checks))
                .build());
    }
}

package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.RateLimitCalls.check;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.Collections;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

@Tag("contract")
@Tag("quick")
class RateLimitInputTest {

    private static TestServer server;
    private static TestServer withoutStar;
    private static RateLimitServiceBlockingStub limits;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url(), RateLimitCalls.POLICIES);
        withoutStar = TestServer.on(TestRedis.url());
        limits = server.rateLimits();
    }

    @AfterAll
    static void stop() {
        server.close();
        withoutStar.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 1_000_001, Integer.MAX_VALUE})
    void hitsOutOfRangeCountNothing(int hits) {
        StatusAssert.invalidField("hits", () -> limits.checkRate(check(user, "fixed", hits)));
        assertThat(limits.checkRate(check(user, "fixed", 0)).getRemaining()).isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1_000_001})
    void refundOutOfRangeIsRejected(int hits) {
        StatusAssert.invalidField(
                "hits",
                () -> limits.refundRate(RefundRateRequest.newBuilder()
                        .setUserId(user)
                        .setAction("fixed")
                        .setHits(hits)
                        .build()));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void batchSizeOutOfRangeIsRejected(int size) {
        var batch = BatchCheckRateRequest.newBuilder()
                .addAllRequests(Collections.nCopies(size, check(user, "fixed")))
                .build();
        StatusAssert.invalidField("requests", () -> limits.batchCheckRate(batch));
        assertThat(limits.checkRate(check(user, "fixed", 0)).getRemaining()).isEqualTo(10);
    }

    @Test
    void invalidCheckRejectsTheBatchBeforeAnyHitIsCounted() {
        var batch = BatchCheckRateRequest.newBuilder()
                .addRequests(check(user, "fixed"))
                .addRequests(check(user, "fixed", -3))
                .build();
        StatusAssert.invalidField("requests[1].hits", () -> limits.batchCheckRate(batch));
        assertThat(limits.checkRate(check(user, "fixed", 0)).getRemaining()).isEqualTo(10);
    }

    @Test
    void unknownBatchModeIsRejected() {
        var batch = BatchCheckRateRequest.newBuilder()
                .addRequests(check(user, "fixed"))
                .setModeValue(99)
                .build();
        StatusAssert.invalidField("mode", () -> limits.batchCheckRate(batch));
    }

    @Test
    void unknownActionWithoutStarIsNotFound() {
        RateLimitServiceBlockingStub strict = withoutStar.rateLimits();
        var batch = BatchCheckRateRequest.newBuilder()
                .setMode(BatchMode.BATCH_MODE_ALL_OR_NOTHING)
                .addRequests(check(user, "login_attempts"))
                .addRequests(check(user, "logn_attempts"))
                .build();
        assertUnknownAction(() -> strict.checkRate(check(user, "logn_attempts")));
        assertUnknownAction(() -> strict.batchCheckRate(batch));
        assertThat(strict.checkRate(check(user, "login_attempts", 0)).getRemaining())
                .isEqualTo(5);
    }

    @Test
    void keyOfAnotherTypeIsReportedWithTheRedisError() {
        try (Jedis redis = TestRedis.jedis()) {
            redis.hset("rate:" + user + ":fixed", "a", "b");
            redis.pexpire("rate:" + user + ":fixed", 60_000);
        }
        StatusRuntimeException e = StatusAssert.hasStatus(
                Code.FAILED_PRECONDITION, "ERROR_REASON_REDIS_REJECTED", () -> limits.checkRate(check(user, "fixed")));
        assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap()).containsEntry("redis_error", "WRONGTYPE");
    }

    private static void assertUnknownAction(ThrowingCallable call) {
        StatusRuntimeException e = StatusAssert.hasStatus(Code.NOT_FOUND, "ERROR_REASON_UNKNOWN_ACTION", call);
        assertThat(StatusAssert.detail(e, ErrorInfo.class).getMetadataMap()).containsEntry("action", "logn_attempts");
    }
}

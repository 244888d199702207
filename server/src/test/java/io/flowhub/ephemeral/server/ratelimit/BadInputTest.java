package io.flowhub.ephemeral.server.ratelimit;

import static io.flowhub.ephemeral.server.ratelimit.Limits.check;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.BatchCheckRateRequest;
import io.flowhub.ephemeral.v1.BatchMode;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.flowhub.ephemeral.v1.RefundRateRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.util.Collections;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

class BadInputTest {

    private static TestServer server;
    private static TestServer withoutStar;
    private static RateLimitServiceBlockingStub limits;

    private final String user = Fresh.id();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url(), Limits.POLICIES);
        withoutStar = TestServer.on(TestRedis.url());
        limits = server.rateLimits();
    }

    @AfterAll
    static void stop() {
        server.close();
        withoutStar.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a}", "a b", "tab\t", "nul\0", "ümlaut\u00a0space"})
    void malformedIdIsNamedWithItsRule(String id) {
        assertViolation(() -> limits.checkRate(check(id, "fixed")), "user_id");
        assertViolation(() -> limits.checkRate(check(user, id)), "action");
        assertViolation(
                () -> limits.refundRate(RefundRateRequest.newBuilder()
                        .setUserId(id)
                        .setAction("fixed")
                        .build()),
                "user_id");
        assertViolation(
                () -> limits.resetRate(ResetRateRequest.newBuilder()
                        .setUserId(user)
                        .setAction(id)
                        .build()),
                "action");
    }

    @Test
    void tooLongIdsAreCountedInBytes() {
        assertViolation(() -> limits.checkRate(check("ü".repeat(65), "fixed")), "user_id");
        assertThat(limits.checkRate(check("ü".repeat(63) + "0a", "fixed")).getLimit())
                .isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, 1_000_001, Integer.MAX_VALUE})
    void hitsOutOfRangeCountNothing(int hits) {
        assertViolation(() -> limits.checkRate(check(user, "fixed", hits)), "hits");
        assertThat(limits.checkRate(check(user, "fixed", 0)).getRemaining()).isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1_000_001})
    void refundOfNothingIsRefused(int hits) {
        assertViolation(
                () -> limits.refundRate(RefundRateRequest.newBuilder()
                        .setUserId(user)
                        .setAction("fixed")
                        .setHits(hits)
                        .build()),
                "hits");
    }

    @Test
    void malformedRequestIdIsRefused() {
        assertViolation(
                () -> limits.checkRate(
                        check(user, "fixed").toBuilder().setRequestId("a:b").build()),
                "request_id");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void batchSizeOutOfRangeIsRefused(int size) {
        var batch = BatchCheckRateRequest.newBuilder()
                .addAllRequests(Collections.nCopies(size, check(user, "fixed")))
                .build();
        assertViolation(() -> limits.batchCheckRate(batch), "requests");
        assertThat(limits.checkRate(check(user, "fixed", 0)).getRemaining()).isEqualTo(10);
    }

    @Test
    void oneBadCheckRefusesTheBatchBeforeAnythingIsCounted() {
        var batch = BatchCheckRateRequest.newBuilder()
                .addRequests(check(user, "fixed"))
                .addRequests(check(user, "fixed", -3))
                .build();
        assertViolation(() -> limits.batchCheckRate(batch), "requests[1].hits");
        assertThat(limits.checkRate(check(user, "fixed", 0)).getRemaining()).isEqualTo(10);
    }

    @Test
    void unknownBatchModeIsRefused() {
        var batch = BatchCheckRateRequest.newBuilder()
                .addRequests(check(user, "fixed"))
                .setModeValue(99)
                .build();
        assertViolation(() -> limits.batchCheckRate(batch), "mode");
    }

    @Test
    void unknownActionWithoutStarIsNotFound() throws InvalidProtocolBufferException {
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
    void keyOfAnotherTypeIsRefusedByNameOfTheError() throws InvalidProtocolBufferException {
        try (Jedis redis = TestRedis.jedis()) {
            redis.hset("rate:" + user + ":fixed", "a", "b");
            redis.pexpire("rate:" + user + ":fixed", 60_000);
        }
        StatusRuntimeException e = failure(() -> limits.checkRate(check(user, "fixed")));
        assertThat(e.getStatus().getCode()).isEqualTo(Code.FAILED_PRECONDITION);
        assertThat(detail(e, ErrorInfo.class).getReason()).isEqualTo("ERROR_REASON_REDIS_REFUSED");
        assertThat(detail(e, ErrorInfo.class).getMetadataMap()).containsEntry("redis_error", "WRONGTYPE");
    }

    private static void assertUnknownAction(ThrowingCallable call) throws InvalidProtocolBufferException {
        StatusRuntimeException e = failure(call);
        assertThat(e.getStatus().getCode()).isEqualTo(Code.NOT_FOUND);
        ErrorInfo info = detail(e, ErrorInfo.class);
        assertThat(info.getReason()).isEqualTo("ERROR_REASON_UNKNOWN_ACTION");
        assertThat(info.getMetadataMap()).containsEntry("action", "logn_attempts");
    }

    private static void assertViolation(ThrowingCallable call, String field) {
        StatusRuntimeException e = failure(call);
        assertThat(e.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
        assertThat(e.getStatus().getDescription()).startsWith(field + ": ").contains("(expected: ");
        try {
            assertThat(detail(e, BadRequest.class).getFieldViolations(0).getField())
                    .isEqualTo(field);
            assertThat(detail(e, ErrorInfo.class).getReason()).isEqualTo("ERROR_REASON_INVALID_FIELD");
        } catch (InvalidProtocolBufferException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    private static StatusRuntimeException failure(ThrowingCallable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call);
    }

    private static <T extends com.google.protobuf.Message> T detail(StatusRuntimeException e, Class<T> type)
            throws InvalidProtocolBufferException {
        for (Any detail : StatusProto.fromThrowable(e).getDetailsList()) {
            if (detail.is(type)) {
                return detail.unpack(type);
            }
        }
        throw new AssertionError("no " + type.getSimpleName() + " in " + e);
    }
}

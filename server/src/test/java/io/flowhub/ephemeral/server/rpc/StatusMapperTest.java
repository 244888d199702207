package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.flowhub.ephemeral.server.error.BudgetFullException;
import io.flowhub.ephemeral.server.error.CancelledException;
import io.flowhub.ephemeral.server.error.DrainingException;
import io.flowhub.ephemeral.server.error.FeatureDisabledException;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.error.NotFoundException;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisRejectedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.FeatureFlagServiceGrpc;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class StatusMapperTest {

    private static final String METHOD = "flowhub.ephemeral.v1.OtpService/VerifyOtp";

    @Test
    void invalidFieldIsInvalidArgumentWithTheFieldViolation() throws Exception {
        Exception failure = new InvalidFieldException("user_id", "", "1 to 128 bytes");
        Status status = status(failure);

        assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
        assertThat(status.getMessage()).isEqualTo("user_id: \"\" (expected: 1 to 128 bytes)");
        assertThat(info(status))
                .isEqualTo(info(
                        ErrorReason.ERROR_REASON_INVALID_FIELD,
                        Map.of("field", "user_id", "value", "", "rule", "1 to 128 bytes")));
        BadRequest.FieldViolation violation =
                status.getDetails(1).unpack(BadRequest.class).getFieldViolations(0);
        assertThat(violation.getField()).isEqualTo("user_id");
        assertThat(violation.getDescription()).isEqualTo(status.getMessage());
        assertThat(StatusMapper.reason(failure)).isEqualTo(ErrorReason.ERROR_REASON_INVALID_FIELD);
    }

    @Test
    void unknownActionIsNotFoundWithTheAction() throws Exception {
        Exception failure = new NotFoundException(
                ErrorReason.ERROR_REASON_UNKNOWN_ACTION, "no policy for logn", Map.of("action", "logn"));
        Status status = status(failure);

        assertThat(status.getCode()).isEqualTo(Code.NOT_FOUND_VALUE);
        assertThat(status.getMessage()).isEqualTo("no policy for logn");
        assertThat(info(status)).isEqualTo(info(ErrorReason.ERROR_REASON_UNKNOWN_ACTION, Map.of("action", "logn")));
        assertThat(StatusMapper.reason(failure)).isEqualTo(ErrorReason.ERROR_REASON_UNKNOWN_ACTION);
    }

    @Test
    void unavailableRedisIsUnavailableWithRetryDelay() throws Exception {
        assertStatus(
                new RedisUnavailableException("down"),
                Code.UNAVAILABLE,
                ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE,
                Map.of());
        assertThat(retryInfo(status(new RedisUnavailableException("down"))).getRetryDelay())
                .isEqualTo(Duration.newBuilder().setNanos(250_000_000).build());
    }

    @Test
    void fullQueueIsResourceExhaustedWithRetryDelay() throws Exception {
        assertStatus(
                new OverloadedException("queue is full"),
                Code.RESOURCE_EXHAUSTED,
                ErrorReason.ERROR_REASON_OVERLOADED,
                Map.of());
        assertThat(retryInfo(status(new OverloadedException("queue is full"))).getRetryDelay())
                .isEqualTo(Duration.newBuilder().setNanos(250_000_000).build());
    }

    @Test
    void fullBudgetIsResourceExhaustedWithRetryDelay() throws Exception {
        Exception failure = new BudgetFullException();
        assertStatus(failure, Code.RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_BUDGET_FULL, Map.of());
        assertThat(retryInfo(status(failure)).getRetryDelay())
                .isEqualTo(Duration.newBuilder().setSeconds(1).build());
    }

    @Test
    void errorOfRedisIsFailedPreconditionWithItsFirstWord() throws Exception {
        assertStatus(
                new RedisRejectedException("WRONGTYPE", null),
                Code.FAILED_PRECONDITION,
                ErrorReason.ERROR_REASON_REDIS_REJECTED,
                Map.of("redis_error", "WRONGTYPE"));
    }

    @Test
    void disabledFeatureIsFailedPreconditionWithInstructions() throws Exception {
        Exception failure = new FeatureDisabledException(ErrorReason.ERROR_REASON_OTP_DISABLED, "off: set a pepper");

        assertStatus(failure, Code.FAILED_PRECONDITION, ErrorReason.ERROR_REASON_OTP_DISABLED, Map.of());
        assertThat(status(failure).getMessage()).isEqualTo("off: set a pepper");
    }

    @Test
    void cancelledCallIsCancelled() throws Exception {
        assertStatus(new CancelledException(), Code.CANCELLED, ErrorReason.ERROR_REASON_CANCELLED, Map.of());
    }

    @Test
    void unexpectedErrorIsInternalWithoutItsMessage() throws Exception {
        Exception failure = new IllegalStateException("code 123456", new RuntimeException("redis://:swordfish@cache"));
        Status status = status(failure);

        assertStatus(failure, Code.INTERNAL, ErrorReason.ERROR_REASON_INTERNAL, Map.of());
        assertThat(status.toString()).doesNotContain("123456").doesNotContain("swordfish");
        assertThat(StatusMapper.toStatus(failure, METHOD)).hasNoCause();
    }

    @Test
    void failureOfAStageHasTheStatusOfItsCause() {
        Exception failure = new InvalidFieldException("user_id", "", "1 to 128 bytes");

        assertThat(status(new CompletionException(failure))).isEqualTo(status(failure));
        assertThat(StatusMapper.reason(new CompletionException(failure))).isEqualTo(StatusMapper.reason(failure));
    }

    @Test
    void drainingIsUnavailableWithTheGivenRetryDelay() throws Exception {
        Exception failure = new DrainingException(java.time.Duration.ofMillis(120));
        assertStatus(failure, Code.UNAVAILABLE, ErrorReason.ERROR_REASON_DRAINING, Map.of());
        assertThat(retryInfo(status(failure)).getRetryDelay())
                .isEqualTo(Duration.newBuilder().setNanos(120_000_000).build());
    }

    @Test
    void unexpectedErrorIsLoggedWithTheMethod() {
        try (CapturedLog log = CapturedLog.of(StatusMapper.class)) {
            Exception failure = new IllegalStateException("trouble");
            StatusMapper.toStatus(new CompletionException(failure), METHOD);
            assertThat(log.messages()).containsExactly("Unexpected error in " + METHOD);
            assertThat(log.thrown()).containsExactly(failure);
        }
    }

    @Test
    void expectedFailureIsNotLogged() {
        try (CapturedLog log = CapturedLog.of(StatusMapper.class)) {
            StatusMapper.toStatus(new RedisUnavailableException("down"), METHOD);
            assertThat(log.messages()).isEmpty();
        }
    }

    @Test
    void statusHasNoStackTrace() {
        assertThat(StatusMapper.toStatus(new RedisUnavailableException("down"), METHOD)
                        .getStackTrace())
                .isEmpty();
    }

    @Test
    void failedItemsOfOneRequestAreLoggedOnce() {
        try (CapturedLog log = CapturedLog.of(StatusMapper.class)) {
            ItemErrors errors = new ItemErrors(FeatureFlagServiceGrpc.getBatchGetFlagsMethod());
            assertThat(errors.reason(new RedisUnavailableException("down")))
                    .isEqualTo(ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE);
            for (int i = 0; i < 1_000; i++) {
                assertThat(errors.reason(new IllegalStateException("trouble")))
                        .isEqualTo(ErrorReason.ERROR_REASON_INTERNAL);
            }
            assertThat(log.messages())
                    .containsExactly("Unexpected error in flowhub.ephemeral.v1.FeatureFlagService/BatchGetFlags");
        }
    }

    private static void assertStatus(Exception failure, Code code, ErrorReason reason, Map<String, String> metadata)
            throws Exception {
        assertThat(StatusMapper.message(failure)).isEqualTo(status(failure).getMessage());
        assertThat(status(failure).getCode()).isEqualTo(code.getNumber());
        assertThat(info(status(failure))).isEqualTo(info(reason, metadata));
        assertThat(StatusMapper.reason(failure)).isEqualTo(reason);
    }

    private static Status status(Throwable failure) {
        return Objects.requireNonNull(StatusProto.fromThrowable(StatusMapper.toStatus(failure, METHOD)));
    }

    private static ErrorInfo info(Status status) throws Exception {
        return status.getDetails(0).unpack(ErrorInfo.class);
    }

    private static RetryInfo retryInfo(Status status) throws Exception {
        for (Any detail : status.getDetailsList()) {
            if (detail.is(RetryInfo.class)) {
                return detail.unpack(RetryInfo.class);
            }
        }
        throw new AssertionError("no RetryInfo in " + status);
    }

    private static ErrorInfo info(ErrorReason reason, Map<String, String> metadata) {
        return ErrorInfo.newBuilder()
                .setReason(reason.name())
                .setDomain("ephemeral.flowhub.io")
                .putAllMetadata(metadata)
                .build();
    }
}

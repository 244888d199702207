package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.Any;
import com.google.protobuf.util.Durations;
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
import io.grpc.Metadata;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("unit")
class StatusMapperTest {

    private static final String METHOD = "flowhub.ephemeral.v1.OtpService/VerifyOtp";
    private static final CurrentCall.LoggedCall CALL = new LoggedVerifyOtp(METHOD, "4bf92f3577b34da6a3ce929d0e0e4736");

    private record LoggedVerifyOtp(String method, String traceId) implements CurrentCall.LoggedCall {}

    private static Stream<Arguments> failures() {
        return Stream.of(
                arguments(
                        new InvalidFieldException("user_id", "", "1 to 128 bytes"),
                        "INVALID_ARGUMENT user_id: \"\" (expected: 1 to 128 bytes)"
                                + "; INVALID_FIELD {field=user_id, rule=1 to 128 bytes, value=}"
                                + "; field user_id: user_id: \"\" (expected: 1 to 128 bytes)"),
                arguments(
                        new NotFoundException(
                                ErrorReason.ERROR_REASON_UNKNOWN_ACTION,
                                "no policy for logn",
                                Map.of("action", "logn")),
                        "NOT_FOUND no policy for logn; UNKNOWN_ACTION {action=logn}"),
                arguments(
                        new FeatureDisabledException(ErrorReason.ERROR_REASON_OTP_DISABLED, "off: set a pepper"),
                        "FAILED_PRECONDITION off: set a pepper; OTP_DISABLED {}"),
                arguments(
                        new RedisRejectedException("WRONGTYPE", null),
                        "FAILED_PRECONDITION Redis rejected the call: WRONGTYPE"
                                + "; REDIS_REJECTED {redis_error=WRONGTYPE}"),
                arguments(
                        new RedisUnavailableException("down"),
                        "UNAVAILABLE down; REDIS_UNAVAILABLE {}; retry in 250 ms"),
                arguments(
                        new OverloadedException("queue is full"),
                        "RESOURCE_EXHAUSTED queue is full; OVERLOADED {}; retry in 250 ms"),
                arguments(
                        new BudgetFullException("Redis is out of memory"),
                        "RESOURCE_EXHAUSTED Redis is out of memory" + "; BUDGET_FULL {}; retry in 1000 ms"),
                arguments(
                        new DrainingException(Duration.ofMillis(120)),
                        "UNAVAILABLE the server ends the stream because of its age, a shutdown or changed rights; reconnect; DRAINING {}; retry in 120 ms"),
                arguments(
                        new CancelledException(),
                        "CANCELLED the call was cancelled, or its deadline passed, before it was sent to Redis"
                                + "; CANCELLED {}"),
                arguments(
                        new IllegalStateException("code 123456", new RuntimeException("redis://:swordfish@cache")),
                        "INTERNAL internal error; INTERNAL {}"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failureOfACallOrItsStageHasItsStatusInFullWithoutStackTraceOrCause(Exception failure, String expected)
            throws Exception {
        for (Exception thrown : List.of(failure, new CompletionException(failure))) {
            assertThat(described(status(thrown))).isEqualTo(expected);
            assertThat(StatusMapper.toStatus(thrown, CALL)).hasNoCause();
            assertThat(StatusMapper.toStatus(thrown, CALL).getStackTrace()).isEmpty();
            assertThat(expected)
                    .contains(
                            "; " + shortName(StatusMapper.itemReason(thrown, 1).name()) + " {");
        }
        assertThat(StatusMapper.message(failure)).isEqualTo(status(failure).getMessage());
    }

    @ParameterizedTest
    @MethodSource("failures")
    void retryDelayIsAlsoTheTrailerThatAnyClientObeys(Exception failure, String expected) {
        Metadata trailers =
                Objects.requireNonNull(StatusMapper.toStatus(failure, CALL).getTrailers());

        String pushback = trailers.get(Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER));
        if (pushback == null) {
            assertThat(expected).doesNotContain("retry in");
        } else {
            assertThat(expected).endsWith("; retry in " + pushback + " ms");
        }
    }

    @Test
    void onlyAnUnexpectedErrorIsLoggedWithTheMethod() {
        try (CapturedLog log = CapturedLog.of(StatusMapper.class)) {
            Exception failure = new IllegalStateException("trouble");
            StatusMapper.toStatus(new RedisUnavailableException("down"), CALL);
            StatusMapper.toStatus(new CompletionException(failure), CALL);
            assertThat(log.messages())
                    .containsExactly("Unexpected error in " + METHOD + ", trace_id " + CALL.traceId());
            assertThat(log.thrown()).containsExactly(failure);
        }
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

    private static Status status(Throwable failure) {
        return Objects.requireNonNull(StatusProto.fromThrowable(StatusMapper.toStatus(failure, CALL)));
    }

    /** Code, message and all details. */
    private static String described(Status status) throws Exception {
        List<String> parts = new ArrayList<>(List.of(Code.forNumber(status.getCode()) + " " + status.getMessage()));
        for (Any detail : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                ErrorInfo info = detail.unpack(ErrorInfo.class);
                assertThat(info.getDomain()).isEqualTo("ephemeral.flowhub.io");
                parts.add(shortName(info.getReason()) + " " + new TreeMap<>(info.getMetadataMap()));
            } else if (detail.is(RetryInfo.class)) {
                long millis = Durations.toMillis(detail.unpack(RetryInfo.class).getRetryDelay());
                parts.add("retry in " + millis + " ms");
            } else {
                var field = detail.unpack(BadRequest.class).getFieldViolations(0);
                parts.add("field " + field.getField() + ": " + field.getDescription());
            }
        }
        return String.join("; ", parts);
    }

    private static String shortName(String reason) {
        return reason.replace("ERROR_REASON_", "");
    }
}

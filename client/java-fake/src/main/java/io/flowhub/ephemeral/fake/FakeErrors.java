package io.flowhub.ephemeral.fake;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Map;

/** The errors of the server, with its reasons. */
final class FakeErrors {

    /** That of the server. */
    private static final Duration RETRY_DELAY = Duration.ofMillis(250);

    static StatusRuntimeException invalid(String field, String rule, String value) {
        return error(
                Code.INVALID_ARGUMENT,
                ErrorReason.ERROR_REASON_INVALID_FIELD,
                Map.of("field", field, "rule", rule, "value", value),
                field + ": " + rule);
    }

    static StatusRuntimeException unknownAction(String action) {
        return error(
                Code.NOT_FOUND,
                ErrorReason.ERROR_REASON_UNKNOWN_ACTION,
                Map.of("action", action),
                "No policy for action " + action);
    }

    static StatusRuntimeException unavailable() {
        return error(
                Code.UNAVAILABLE,
                ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE,
                Map.of(),
                "Unavailable, as the test wants",
                Any.pack(RetryInfo.newBuilder()
                        .setRetryDelay(TestClock.duration(RETRY_DELAY))
                        .build()));
    }

    private static StatusRuntimeException error(
            Code code, ErrorReason reason, Map<String, String> metadata, String message, Any... further) {
        com.google.rpc.Status.Builder status = com.google.rpc.Status.newBuilder()
                .setCode(code.getNumber())
                .setMessage(message)
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain("ephemeral.flowhub.io")
                        .setReason(reason.name())
                        .putAllMetadata(metadata)
                        .build()));
        for (Any detail : further) {
            status.addDetails(detail);
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    private FakeErrors() {}
}

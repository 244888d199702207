package io.flowhub.ephemeral.client;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;

/** Statuses as servers send them. */
final class Failures {

    static StatusRuntimeException redisUnavailable(Duration retryDelay) {
        return unavailable("ERROR_REASON_REDIS_UNAVAILABLE", retryDelay);
    }

    static StatusRuntimeException draining(Duration retryDelay) {
        return unavailable("ERROR_REASON_DRAINING", retryDelay);
    }

    private static StatusRuntimeException unavailable(String reason, Duration retryDelay) {
        return status(
                Code.UNAVAILABLE,
                info(reason),
                RetryInfo.newBuilder()
                        .setRetryDelay(com.google.protobuf.Duration.newBuilder()
                                .setSeconds(retryDelay.getSeconds())
                                .setNanos(retryDelay.getNano()))
                        .build());
    }

    static StatusRuntimeException unavailable() {
        return status(Code.UNAVAILABLE);
    }

    static ErrorInfo info(String reason) {
        return ErrorInfo.newBuilder()
                .setReason(reason)
                .setDomain("ephemeral.flowhub.io")
                .build();
    }

    static StatusRuntimeException status(Code code, Message... details) {
        Status.Builder status = Status.newBuilder().setCode(code.getNumber()).setMessage("as the test wants");
        for (Message detail : details) {
            status.addDetails(Any.pack(detail));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    private Failures() {}
}

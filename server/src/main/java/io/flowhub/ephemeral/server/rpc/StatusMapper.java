package io.flowhub.ephemeral.server.rpc;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one mapping from an exception to the status of a call. */
public final class StatusMapper {

    private static final Logger log = LoggerFactory.getLogger(StatusMapper.class);
    private static final LogEvent FAILED = LogEvent.error("call_failed", "Unexpected error in {method}", "trace_id");

    private static final String DOMAIN = "ephemeral.flowhub.io";
    private static final String INTERNAL_MESSAGE = "internal error";

    private static final Metadata.Key<com.google.rpc.Status> DETAILS = Metadata.Key.of(
            "grpc-status-details-bin", ProtoUtils.metadataMarshaller(com.google.rpc.Status.getDefaultInstance()));

    /** The retry delay for clients that retry by a service config, and do not read RetryInfo. */
    private static final Metadata.Key<String> PUSHBACK =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    /**
     * The status for an exception thrown by a handler, or by a stage that it returned. An unexpected one is logged and
     * becomes INTERNAL without its message, which may contain a secret.
     *
     * @param call for the log
     */
    static StatusRuntimeException toStatus(Throwable thrown, CurrentCall.LoggedCall call) {
        if (Futures.unwrap(thrown) instanceof ServiceException expected) {
            return toStatus(expected);
        }
        logUnexpected(thrown, call.method(), call.traceId());
        return status(
                builder(Status.Code.INTERNAL, INTERNAL_MESSAGE, ErrorReason.ERROR_REASON_INTERNAL, Map.of()), null);
    }

    /** Ends a call with the status for this exception. */
    public static void close(ServerCall<?, ?> call, ServiceException reason) {
        StatusRuntimeException status = toStatus(reason);
        Metadata trailers = status.getTrailers();
        call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
    }

    /** The reason in a response, instead of a status with this exception, for some items of the request. */
    public static ErrorReason itemReason(Throwable thrown, int items) {
        ErrorReason reason = Futures.unwrap(thrown) instanceof ServiceException expected
                ? expected.reason()
                : ErrorReason.ERROR_REASON_INTERNAL;
        ErrorCounts.count(reason, items);
        return reason;
    }

    /** The message of the status for this exception. */
    public static String message(Throwable thrown) {
        return Futures.unwrap(thrown) instanceof ServiceException expected ? expected.getMessage() : INTERNAL_MESSAGE;
    }

    static void logUnexpected(Throwable thrown, String method, @Nullable String traceId) {
        FAILED.log(log, method, traceId, Futures.unwrap(thrown));
    }

    private static StatusRuntimeException toStatus(ServiceException expected) {
        com.google.rpc.Status.Builder status =
                builder(expected.code(), expected.getMessage(), expected.reason(), expected.metadata());
        if (expected instanceof InvalidFieldException invalid) {
            status.addDetails(Any.pack(violation(invalid)));
        }
        Duration retryDelay = expected.retryDelay();
        if (retryDelay != null) {
            status.addDetails(Any.pack(RetryInfo.newBuilder()
                    .setRetryDelay(ProtoTime.duration(retryDelay.toMillis()))
                    .build()));
        }
        return status(status, retryDelay);
    }

    private static BadRequest violation(InvalidFieldException invalid) {
        return BadRequest.newBuilder()
                .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                        .setField(invalid.field())
                        .setDescription(invalid.getMessage()))
                .build();
    }

    private static com.google.rpc.Status.Builder builder(
            Status.Code code, String message, ErrorReason reason, Map<String, String> metadata) {
        ErrorCounts.count(reason, 1);
        ErrorInfo info = ErrorInfo.newBuilder()
                .setReason(reason.name())
                .setDomain(DOMAIN)
                .putAllMetadata(metadata)
                .build();
        return com.google.rpc.Status.newBuilder()
                .setCode(code.value())
                .setMessage(message)
                .addDetails(Any.pack(info));
    }

    private static StatusRuntimeException status(com.google.rpc.Status.Builder details, @Nullable Duration retryDelay) {
        Metadata trailers = new Metadata();
        trailers.put(DETAILS, details.build());
        if (retryDelay != null) {
            trailers.put(PUSHBACK, Long.toString(retryDelay.toMillis()));
        }
        return new WithoutStackTrace(
                Status.fromCodeValue(details.getCode()).withDescription(details.getMessage()), trailers);
    }

    /** During an outage thousands are created per second, and grpc-java reads status and trailers only. */
    private static final class WithoutStackTrace extends StatusRuntimeException {

        private static final long serialVersionUID = 1;

        WithoutStackTrace(Status status, Metadata trailers) {
            super(status, trailers);
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    private StatusMapper() {}
}

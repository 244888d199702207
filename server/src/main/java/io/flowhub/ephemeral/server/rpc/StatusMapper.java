package io.flowhub.ephemeral.server.rpc;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.flowhub.ephemeral.server.redis.RedisFailure;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one mapping from what went wrong to the status that the caller gets. */
public final class StatusMapper {

    private static final Logger log = LoggerFactory.getLogger(StatusMapper.class);

    private static final String DOMAIN = "ephemeral.flowhub.io";

    /** Redis is looked for five times a second, so after this it may be back. */
    private static final int RETRY_AFTER_MILLIS = 250;

    private static final RetryInfo RETRY = retryAfter(RETRY_AFTER_MILLIS);

    /** How full Redis is, is asked every second. */
    private static final RetryInfo RETRY_WHEN_ASKED_AGAIN = retryAfter(1_000);

    /** The status for an exception thrown by a handler, or by a stage that it returned. */
    static StatusRuntimeException toStatus(Throwable thrown) {
        Throwable cause = unwrap(thrown);
        if (cause instanceof InvalidFieldException invalid) {
            return invalidField(invalid);
        }
        if (cause instanceof NotFoundException missing) {
            return status(
                    Code.NOT_FOUND, String.valueOf(missing.getMessage()), info(missing.reason(), missing.metadata()));
        }
        if (cause instanceof SwitchedOffException off) {
            return status(Code.FAILED_PRECONDITION, String.valueOf(off.getMessage()), info(off.reason(), Map.of()));
        }
        if (cause instanceof RedisFailure failure) {
            return redisFailure(failure);
        }
        if (cause instanceof BudgetFullException full) {
            return status(
                    Code.RESOURCE_EXHAUSTED,
                    String.valueOf(full.getMessage()),
                    info(ErrorReason.ERROR_REASON_BUDGET_FULL, Map.of()),
                    RETRY_WHEN_ASKED_AGAIN);
        }
        if (cause instanceof DrainingException draining) {
            return status(
                    Code.UNAVAILABLE,
                    String.valueOf(draining.getMessage()),
                    info(ErrorReason.ERROR_REASON_DRAINING, Map.of()),
                    retryAfter(draining.retryMillis()));
        }
        log.error("A call failed in a way that nobody foresaw", cause);
        return status(Code.INTERNAL, "internal error", info(ErrorReason.ERROR_REASON_INTERNAL, Map.of()));
    }

    /** The reason that the status for this failure would carry. */
    public static ErrorReason reason(Throwable thrown) {
        Throwable cause = unwrap(thrown);
        if (cause instanceof InvalidFieldException) {
            return ErrorReason.ERROR_REASON_INVALID_FIELD;
        }
        if (cause instanceof NotFoundException missing) {
            return missing.reason();
        }
        if (cause instanceof SwitchedOffException off) {
            return off.reason();
        }
        if (cause instanceof RedisFailure.Unavailable) {
            return ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE;
        }
        if (cause instanceof RedisFailure.Overloaded) {
            return ErrorReason.ERROR_REASON_OVERLOADED;
        }
        if (cause instanceof RedisFailure.Refused) {
            return ErrorReason.ERROR_REASON_REDIS_REJECTED;
        }
        if (cause instanceof RedisFailure.CallerGone) {
            return ErrorReason.ERROR_REASON_CANCELLED;
        }
        if (cause instanceof BudgetFullException) {
            return ErrorReason.ERROR_REASON_BUDGET_FULL;
        }
        return ErrorReason.ERROR_REASON_INTERNAL;
    }

    /** What the status for this failure would say to people. */
    public static String message(Throwable thrown) {
        return String.valueOf(toStatus(thrown).getStatus().getDescription());
    }

    private static Throwable unwrap(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause(); // each stage on the way may have added one
        }
        return cause;
    }

    private static StatusRuntimeException redisFailure(RedisFailure failure) {
        String message = String.valueOf(failure.getMessage());
        ErrorReason reason = reason(failure);
        if (failure instanceof RedisFailure.Refused refused) {
            return status(Code.FAILED_PRECONDITION, message, info(reason, Map.of("redis_error", refused.code())));
        }
        if (failure instanceof RedisFailure.CallerGone) {
            return status(Code.CANCELLED, message, info(reason, Map.of()));
        }
        Code code = failure instanceof RedisFailure.Overloaded ? Code.RESOURCE_EXHAUSTED : Code.UNAVAILABLE;
        return status(code, message, info(reason, Map.of()), RETRY);
    }

    private static StatusRuntimeException invalidField(InvalidFieldException invalid) {
        BadRequest violations = BadRequest.newBuilder()
                .addFieldViolations(BadRequest.FieldViolation.newBuilder()
                        .setField(invalid.field())
                        .setDescription(invalid.getMessage()))
                .build();
        Map<String, String> metadata =
                Map.of("field", invalid.field(), "value", invalid.value(), "rule", invalid.rule());
        return status(
                Code.INVALID_ARGUMENT,
                invalid.getMessage(),
                info(ErrorReason.ERROR_REASON_INVALID_FIELD, metadata),
                violations);
    }

    private static RetryInfo retryAfter(long millis) {
        return RetryInfo.newBuilder().setRetryDelay(ProtoTime.duration(millis)).build();
    }

    private static ErrorInfo info(ErrorReason reason, Map<String, String> metadata) {
        return ErrorInfo.newBuilder()
                .setReason(reason.name())
                .setDomain(DOMAIN)
                .putAllMetadata(metadata)
                .build();
    }

    private static StatusRuntimeException status(Code code, String message, Message... details) {
        Status.Builder status = Status.newBuilder().setCode(code.getNumber()).setMessage(message);
        for (Message detail : details) {
            status.addDetails(Any.pack(detail));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    private StatusMapper() {}
}

package io.flowhub.ephemeral.server.faults;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.EnumSet;
import java.util.Set;

/** What the status of a failed call promises. */
final class Errors {

    /** The contract promises that the call had no effect. */
    private static final Set<ErrorReason> WITHOUT_EFFECT = EnumSet.of(
            ErrorReason.ERROR_REASON_INVALID_FIELD,
            ErrorReason.ERROR_REASON_UNKNOWN_ACTION,
            ErrorReason.ERROR_REASON_OVERLOADED,
            ErrorReason.ERROR_REASON_REDIS_REJECTED,
            ErrorReason.ERROR_REASON_CANCELLED,
            ErrorReason.ERROR_REASON_BUDGET_FULL,
            ErrorReason.ERROR_REASON_OTP_DISABLED,
            ErrorReason.ERROR_REASON_UNAUTHENTICATED,
            ErrorReason.ERROR_REASON_PERMISSION_DENIED,
            ErrorReason.ERROR_REASON_QUOTA_EXCEEDED);

    static boolean hadNoEffect(StatusRuntimeException e) {
        return WITHOUT_EFFECT.contains(reason(e));
    }

    /**
     * A defect of the server, whatever the fault. UNKNOWN with a cause is none: a status from the server has no cause, and
     * gRPC reports UNKNOWN itself if a connection breaks while a call is being written.
     */
    static boolean isDefect(StatusRuntimeException e) {
        return reason(e) == ErrorReason.ERROR_REASON_INTERNAL
                || (e.getStatus().getCode() == Code.UNKNOWN && e.getStatus().getCause() == null)
                || e.getStatus().getCode() == Code.UNIMPLEMENTED;
    }

    private static ErrorReason reason(StatusRuntimeException e) {
        var status = StatusProto.fromThrowable(e);
        if (status != null) {
            for (var detail : status.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    try {
                        return ErrorReason.valueOf(
                                detail.unpack(ErrorInfo.class).getReason());
                    } catch (InvalidProtocolBufferException malformed) {
                        throw new AssertionError(malformed);
                    }
                }
            }
        }
        return ErrorReason.ERROR_REASON_UNSPECIFIED;
    }

    private Errors() {}
}

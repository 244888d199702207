package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An expected failure of a call, with everything its status needs. Any other exception is a defect of the server and
 * becomes INTERNAL. Has no stack trace: during an outage thousands are created per second.
 */
public abstract sealed class ServiceException extends RuntimeException
        permits BudgetFullException,
                CancelledException,
                DrainingException,
                FeatureDisabledException,
                InvalidFieldException,
                NotFoundException,
                OverloadedException,
                PermissionDeniedException,
                QuotaExceededException,
                RedisRejectedException,
                RedisUnavailableException,
                UnauthenticatedException {

    private static final long serialVersionUID = 1;

    private final Code code;
    private final ErrorReason reason;
    private final transient Map<String, String> metadata;
    private final @Nullable Duration retryDelay;

    /**
     * @param message for logs; must not contain secrets
     * @param metadata the variable parts of the message, for code
     * @param retryDelay when a retry may succeed; null if the caller must change something first
     */
    ServiceException(
            Code code,
            ErrorReason reason,
            String message,
            Map<String, String> metadata,
            @Nullable Duration retryDelay,
            @Nullable Throwable cause) {
        super(message, cause, false, false);
        this.code = code;
        this.reason = reason;
        this.metadata = metadata;
        this.retryDelay = retryDelay;
    }

    public final Code code() {
        return code;
    }

    public final ErrorReason reason() {
        return reason;
    }

    public final Map<String, String> metadata() {
        return metadata;
    }

    public final @Nullable Duration retryDelay() {
        return retryDelay;
    }

    /** Never null. */
    @Override
    public final String getMessage() {
        return String.valueOf(super.getMessage());
    }
}

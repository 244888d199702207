package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Redis responded to the operation with an error. */
public final class RedisRejectedException extends ServiceException {

    private static final long serialVersionUID = 1;

    /** @param redisError the first word of the error, such as {@code WRONGTYPE} or {@code NOPERM} */
    public RedisRejectedException(String redisError, @Nullable Throwable cause) {
        super(
                Code.FAILED_PRECONDITION,
                ErrorReason.ERROR_REASON_REDIS_REJECTED,
                "Redis rejected the call: " + redisError,
                Map.of("redis_error", redisError),
                null,
                cause);
    }
}

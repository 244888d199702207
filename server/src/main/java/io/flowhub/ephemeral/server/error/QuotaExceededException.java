package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;

/** The caller uses as much of this server as its quota allows. The call had no effect. */
public final class QuotaExceededException extends ServiceException {

    private static final long serialVersionUID = 1;

    /** @param quota its key in the file of callers */
    public QuotaExceededException(String quota, Duration retryDelay) {
        super(
                Code.RESOURCE_EXHAUSTED,
                ErrorReason.ERROR_REASON_QUOTA_EXCEEDED,
                "the caller has used up its quota " + quota + " on this server",
                Map.of("quota", quota),
                retryDelay,
                null);
    }
}

package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;

/** A queue is full, or too slow for the call. The call had no effect. */
public final class OverloadedException extends ServiceException {

    private static final long serialVersionUID = 1;

    private static final Duration RETRY_DELAY = Duration.ofMillis(250);

    /** @param message which bound was reached */
    public OverloadedException(String message) {
        super(Code.RESOURCE_EXHAUSTED, ErrorReason.ERROR_REASON_OVERLOADED, message, Map.of(), RETRY_DELAY, null);
    }
}

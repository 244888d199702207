package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;

/** The server is shutting down and ends its streams. */
public final class DrainingException extends ServiceException {

    private static final long serialVersionUID = 1;

    public DrainingException(Duration retryDelay) {
        super(
                Code.UNAVAILABLE,
                ErrorReason.ERROR_REASON_DRAINING,
                "server is shutting down; reconnect",
                Map.of(),
                retryDelay,
                null);
    }
}

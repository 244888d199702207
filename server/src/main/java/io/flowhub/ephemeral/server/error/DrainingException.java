package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;

/** The server ends a stream because the stream is old or the server is shutting down. */
public final class DrainingException extends ServiceException {

    private static final long serialVersionUID = 1;

    public DrainingException(Duration retryDelay) {
        super(
                Code.UNAVAILABLE,
                ErrorReason.ERROR_REASON_DRAINING,
                "the server ends the stream because of its age, a shutdown or changed rights; reconnect",
                Map.of(),
                retryDelay,
                null);
    }
}

package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.util.Map;

/** The caller cancelled the call, or its deadline passed, before it was sent to Redis. It had no effect. */
public final class CancelledException extends ServiceException {

    private static final long serialVersionUID = 1;

    public CancelledException() {
        super(
                Code.CANCELLED,
                ErrorReason.ERROR_REASON_CANCELLED,
                "the call was cancelled, or its deadline passed, before it was sent to Redis",
                Map.of(),
                null,
                null);
    }
}

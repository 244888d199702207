package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.util.Map;

/** The call proves no known caller. */
public final class UnauthenticatedException extends ServiceException {

    private static final long serialVersionUID = 1;

    /** @param message what is missing or not valid; never the credential */
    public UnauthenticatedException(String message) {
        super(Code.UNAUTHENTICATED, ErrorReason.ERROR_REASON_UNAUTHENTICATED, message, Map.of(), null, null);
    }
}

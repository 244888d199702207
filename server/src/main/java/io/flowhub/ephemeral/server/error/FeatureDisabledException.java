package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.util.Map;

/** A feature that the configuration leaves disabled. */
public final class FeatureDisabledException extends ServiceException {

    private static final long serialVersionUID = 1;

    /** @param message what is disabled, and how an operator enables it */
    public FeatureDisabledException(ErrorReason reason, String message) {
        super(Code.FAILED_PRECONDITION, reason, message, Map.of(), null, null);
    }
}

package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.util.Map;

/** The request names something that the server does not have. */
public final class NotFoundException extends ServiceException {

    private static final long serialVersionUID = 1;

    public NotFoundException(ErrorReason reason, String message, Map<String, String> metadata) {
        super(Code.NOT_FOUND, reason, message, metadata, null, null);
    }
}

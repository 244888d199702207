package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.v1.ErrorReason;
import java.util.Map;

/** Something that the request names and the server does not know. */
public final class NotFoundException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final ErrorReason reason;
    private final transient Map<String, String> metadata;

    /** @param metadata what the message says, for machines */
    public NotFoundException(ErrorReason reason, String message, Map<String, String> metadata) {
        super(message, null, false, false);
        this.reason = reason;
        this.metadata = metadata;
    }

    ErrorReason reason() {
        return reason;
    }

    Map<String, String> metadata() {
        return metadata;
    }
}

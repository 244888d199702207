package io.flowhub.ephemeral.server.error;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status.Code;
import java.util.Map;

/** The caller is known and lacks a right. */
public final class PermissionDeniedException extends ServiceException {

    private static final long serialVersionUID = 1;

    /** @param right the RPC, such as {@code RateLimitService/CheckRate} */
    public PermissionDeniedException(String right) {
        this("the caller has no right to " + right, Map.of("right", right));
    }

    /**
     * For a right that does not include this value.
     *
     * @param field of the request, such as {@code action}
     * @param value of the field; not a secret
     */
    public PermissionDeniedException(String right, String field, String value) {
        this(
                "the caller has no right to " + right + " with this " + field,
                Map.of("right", right, "field", field, "value", InvalidFieldException.sanitize(value)));
    }

    private PermissionDeniedException(String message, Map<String, String> metadata) {
        super(Code.PERMISSION_DENIED, ErrorReason.ERROR_REASON_PERMISSION_DENIED, message, metadata, null, null);
    }
}

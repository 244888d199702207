package io.flowhub.ephemeral.client;

import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.client.internal.ErrorDetails;
import io.flowhub.ephemeral.v1.ErrorReason;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the reason of a failed call from its exception: a {@link io.grpc.StatusRuntimeException}, a
 * {@link io.grpc.StatusException}, or an exception with one of them among its causes, as futures throw it.
 *
 * <p>All results are empty if the failure carries no details of Ephemeral: no server was reached, the deadline passed in
 * the client, a proxy sent the status, or the exception is not from a call.
 */
public final class EphemeralErrors {

    /**
     * The reason that the server sent. {@link ErrorReason#UNRECOGNIZED} if it is newer than this client; then
     * {@link #reasonName} has its name.
     */
    public static Optional<ErrorReason> reason(Throwable failure) {
        return reasonName(failure).map(ErrorDetails::reason);
    }

    /** The name of the reason, such as {@code ERROR_REASON_INVALID_FIELD}, to log. */
    public static Optional<String> reasonName(Throwable failure) {
        return ErrorDetails.of(failure).errorInfo().map(ErrorInfo::getReason);
    }

    /**
     * The metadata of the reason, as each {@link ErrorReason} documents it, such as {@code field}, {@code rule} and
     * {@code value}. Empty if there is none.
     */
    public static Map<String, String> metadata(Throwable failure) {
        return ErrorDetails.of(failure)
                .errorInfo()
                .map(ErrorInfo::getMetadataMap)
                .orElse(Map.of());
    }

    /** How long to wait, 0 or more, before a retry; retry only calls for which that is safe. */
    public static Optional<Duration> retryDelay(Throwable failure) {
        return ErrorDetails.of(failure).retryDelay();
    }

    private EphemeralErrors() {}
}

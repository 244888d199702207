package io.flowhub.ephemeral.client;

import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Status;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Reads why a call failed from what it threw: a {@link io.grpc.StatusRuntimeException}, a
 * {@link io.grpc.StatusException}, or an exception with one of them among its causes, as futures throw it.
 *
 * <p>Everything is empty if the failure is not one that Ephemeral described: the server could not be reached, the
 * deadline passed on the way, a proxy answered instead, or the exception has nothing to do with a call.
 */
public final class EphemeralErrors {

    private static final Map<String, ErrorReason> REASONS = reasons();

    /**
     * Why the server refused the call. {@link ErrorReason#UNRECOGNIZED} if the server is newer than this client and its
     * reason is not known here; {@link #reasonName} still tells it.
     */
    public static Optional<ErrorReason> reason(Throwable failure) {
        return reasonName(failure).map(EphemeralErrors::named);
    }

    /** The reason as the server wrote it, such as {@code ERROR_REASON_INVALID_FIELD}. For logs. */
    public static Optional<String> reasonName(Throwable failure) {
        return details(failure).errorInfo().map(ErrorInfo::getReason);
    }

    /**
     * What the reason is about, by name; each {@link ErrorReason} documents its own, such as {@code field},
     * {@code rule} and {@code value}. Empty if there is nothing to say.
     */
    public static Map<String, String> metadata(Throwable failure) {
        return details(failure).errorInfo().map(ErrorInfo::getMetadataMap).orElse(Map.of());
    }

    /** How long to wait, 0 or more, before the call is repeated, if that can do no harm. */
    public static Optional<Duration> retryDelay(Throwable failure) {
        return details(failure).retryDelay();
    }

    static ErrorReason named(String name) {
        return REASONS.getOrDefault(name, ErrorReason.UNRECOGNIZED);
    }

    private static ErrorDetails details(Throwable failure) {
        return ErrorDetails.of(Status.fromThrowable(failure), Status.trailersFromThrowable(failure));
    }

    private static Map<String, ErrorReason> reasons() {
        return Arrays.stream(ErrorReason.values())
                .collect(Collectors.toUnmodifiableMap(ErrorReason::name, reason -> reason));
    }

    private EphemeralErrors() {}
}

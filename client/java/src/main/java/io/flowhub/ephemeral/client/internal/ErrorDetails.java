package io.flowhub.ephemeral.client.internal;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The details of an error status. Details that cannot be parsed are treated as absent. */
public record ErrorDetails(List<Any> details) {

    private static final String DOMAIN = "ephemeral.flowhub.io";

    private static final Map<String, ErrorReason> REASONS = Arrays.stream(ErrorReason.values())
            .collect(Collectors.toUnmodifiableMap(ErrorReason::name, reason -> reason));

    /** {@link ErrorReason#UNRECOGNIZED} for a name that this client's contract does not have. */
    public static ErrorReason reason(String name) {
        return REASONS.getOrDefault(name, ErrorReason.UNRECOGNIZED);
    }

    public static ErrorDetails of(Throwable failure) {
        return of(Status.fromThrowable(failure), Status.trailersFromThrowable(failure));
    }

    public static ErrorDetails of(Status status, @Nullable Metadata trailers) {
        if (trailers == null) {
            return new ErrorDetails(List.of());
        }
        try {
            com.google.rpc.Status proto = StatusProto.fromStatusAndTrailers(status, trailers);
            return new ErrorDetails(proto.getDetailsList());
        } catch (IllegalArgumentException e) { // Not a google.rpc.Status, or its code differs.
            return new ErrorDetails(List.of());
        }
    }

    /** Returns the ErrorInfo of Ephemeral, if there is one. A proxy may attach one with another domain. */
    public Optional<ErrorInfo> errorInfo() {
        return find(ErrorInfo.class).filter(info -> info.getDomain().equals(DOMAIN));
    }

    /** Returns the delay of RetryInfo, 0 or more, if there is one. */
    public Optional<Duration> retryDelay() {
        return find(RetryInfo.class)
                .filter(RetryInfo::hasRetryDelay)
                .map(RetryInfo::getRetryDelay)
                .map(delay -> Duration.ofSeconds(delay.getSeconds(), delay.getNanos()))
                .filter(delay -> !delay.isNegative());
    }

    private <T extends Message> Optional<T> find(Class<T> type) {
        for (Any detail : details) {
            if (detail.is(type)) {
                try {
                    return Optional.of(detail.unpack(type));
                } catch (InvalidProtocolBufferException e) {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }
}

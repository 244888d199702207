package io.flowhub.ephemeral.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a status carries beside its code and message. Details that cannot be read count as none. */
record ErrorDetails(List<Any> details) {

    private static final String DOMAIN = "ephemeral.flowhub.io";

    static ErrorDetails of(Status status, @Nullable Metadata trailers) {
        if (trailers == null) {
            return new ErrorDetails(List.of());
        }
        try {
            com.google.rpc.Status proto = StatusProto.fromStatusAndTrailers(status, trailers);
            return new ErrorDetails(proto.getDetailsList());
        } catch (IllegalArgumentException e) { // Not a status, or one with another code.
            return new ErrorDetails(List.of());
        }
    }

    /** Only Ephemeral's own; a proxy on the way may send others. */
    Optional<ErrorInfo> errorInfo() {
        return find(ErrorInfo.class).filter(info -> info.getDomain().equals(DOMAIN));
    }

    Optional<Duration> retryDelay() {
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

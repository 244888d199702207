package io.flowhub.ephemeral.server.rpc;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The call whose handler runs on this thread, for log lines: a handler gets neither method nor headers from grpc-java. */
final class CurrentCall {

    private static final ThreadLocal<@Nullable LoggedCall> CURRENT = new ThreadLocal<>();

    private static final LoggedCall UNKNOWN = new LoggedCall() {
        @Override
        public String method() {
            return "unknown method";
        }

        @Override
        public @Nullable String traceId() {
            return null;
        }
    };

    /** What is logged of a call. */
    interface LoggedCall {

        /** Such as {@code flowhub.ephemeral.v1.OtpService/VerifyOtp}. */
        String method();

        /** The id of the trace that the call is part of; null if there is none. */
        @Nullable
        String traceId();
    }

    /** Set for the duration of {@code startCall} of a stream and {@code onHalfClose} of a unary call. */
    static void set(@Nullable LoggedCall call) {
        CURRENT.set(call);
    }

    static LoggedCall get() {
        return Objects.requireNonNullElse(CURRENT.get(), UNKNOWN);
    }

    private CurrentCall() {}
}

package io.flowhub.ephemeral.server.rpc;

import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/** The method whose handler runs on this thread, for log lines: a handler gets no method descriptor from grpc-java. */
final class CurrentMethod {

    private static final ThreadLocal<@Nullable MethodDescriptor<?, ?>> CURRENT = new ThreadLocal<>();

    /** Set for the duration of {@code startCall} of a stream and {@code onHalfClose} of a unary call. */
    static void set(@Nullable MethodDescriptor<?, ?> method) {
        CURRENT.set(method);
    }

    /** Such as {@code flowhub.ephemeral.v1.OtpService/VerifyOtp}. */
    static String name() {
        MethodDescriptor<?, ?> method = CURRENT.get();
        return method == null ? "unknown method" : method.getFullMethodName();
    }

    private CurrentMethod() {}
}

package io.flowhub.ephemeral.server.flagd;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Ends a call that fails with the trailer by which gRPC clients do not retry it. Providers retry every status, even that of a
 * flag that is not set, after a second and thus beyond their deadline of half a second: then each evaluation takes as long,
 * and its error is that of the deadline.
 */
final class NoRetries implements ServerInterceptor {

    private static final Metadata.Key<String> PUSHBACK =
            Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

    private static final String NEVER = "-1";

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return next.startCall(
                call.getMethodDescriptor().getType() == MethodType.UNARY ? new FinalCall<>(call) : call, headers);
    }

    private static final class FinalCall<Q, R> extends SimpleForwardingServerCall<Q, R> {

        FinalCall(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (!status.isOk()) {
                trailers.discardAll(PUSHBACK);
                trailers.put(PUSHBACK, NEVER);
            }
            super.close(status, trailers);
        }
    }
}

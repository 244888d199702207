package io.flowhub.ephemeral.server.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Rejects requests that are not protobuf messages with INVALID_ARGUMENT. grpc-java itself sends UNKNOWN, "Application
 * error processing RPC", whatever a marshaller throws. So this marshaller returns null for such bytes, which costs valid
 * requests nothing: null ends a unary call here, and a stream in {@link StreamCalls}.
 */
public final class MalformedRequests {

    /** Returns the service with marshallers that reject malformed requests. */
    public static ServerServiceDefinition rejectIn(BindableService bindable) {
        ServerServiceDefinition service = bindable.bindService();
        var methods =
                service.getMethods().stream().map(MalformedRequests::rejectIn).toList();
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(
                        service.getServiceDescriptor().getName())
                .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder rejecting = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(rejecting::addMethod);
        return rejecting.build();
    }

    private static <Q, R> ServerMethodDefinition<Q, R> rejectIn(ServerMethodDefinition<Q, R> method) {
        MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
        ServerCallHandler<Q, R> handler = method.getServerCallHandler();
        return ServerMethodDefinition.create(
                descriptor.toBuilder(
                                new NullOnParseFailure<>(descriptor.getRequestMarshaller()),
                                descriptor.getResponseMarshaller())
                        .build(),
                descriptor.getType().clientSendsOneMessage()
                        ? (call, headers) -> new RejectingListener<>(call, handler.startCall(call, headers))
                        : (call, headers) -> startStream(handler, call, headers));
    }

    private static <Q, R> ServerCall.Listener<Q> startStream(
            ServerCallHandler<Q, R> handler, ServerCall<Q, R> call, Metadata headers) {
        CurrentMethod.set(call.getMethodDescriptor());
        try {
            return handler.startCall(call, headers);
        } finally {
            CurrentMethod.set(null);
        }
    }

    static InvalidFieldException exception() {
        return InvalidFieldException.redacted("request", "a protobuf message of the method's request type");
    }

    private record NullOnParseFailure<T>(MethodDescriptor.Marshaller<T> marshaller)
            implements MethodDescriptor.Marshaller<T> {

        @Override
        public InputStream stream(T value) {
            return marshaller.stream(value);
        }

        @Override
        public @Nullable T parse(InputStream stream) {
            try {
                return marshaller.parse(stream);
            } catch (StatusRuntimeException e) {
                if (e.getCause() instanceof InvalidProtocolBufferException) {
                    return null;
                }
                throw e;
            }
        }
    }

    private static final class RejectingListener<Q> extends SimpleForwardingServerCallListener<Q> {

        private final ServerCall<Q, ?> call;
        private boolean rejected;

        RejectingListener(ServerCall<Q, ?> call, ServerCall.Listener<Q> listener) {
            super(listener);
            this.call = call;
        }

        @Override
        public void onMessage(@Nullable Q message) {
            if (message != null) {
                super.onMessage(message);
            } else if (!rejected) {
                rejected = true;
                StatusRuntimeException status = StatusMapper.toStatus(
                        exception(), call.getMethodDescriptor().getFullMethodName());
                Metadata trailers = status.getTrailers();
                call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
            }
        }

        @Override
        public void onHalfClose() {
            if (rejected) { // the listener has no message, and would close the call a second time
                return;
            }
            CurrentMethod.set(call.getMethodDescriptor());
            try {
                super.onHalfClose();
            } finally {
                CurrentMethod.set(null);
            }
        }
    }

    private MalformedRequests() {}
}

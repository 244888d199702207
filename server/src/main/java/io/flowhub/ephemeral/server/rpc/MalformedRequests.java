package io.flowhub.ephemeral.server.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
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
 * Tells a caller whose bytes are no message that they are not. grpc-java by itself answers UNKNOWN, "Application error
 * processing RPC", whatever a marshaller throws. So ours returns null for such bytes, which costs readable ones nothing:
 * null ends a unary call here, and a stream in {@link StreamCalls}.
 */
public final class MalformedRequests {

    /** The service, whose methods read what comes in this way. */
    public static ServerServiceDefinition refusedBy(BindableService bindable) {
        ServerServiceDefinition service = bindable.bindService();
        var methods =
                service.getMethods().stream().map(MalformedRequests::refusedBy).toList();
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(
                        service.getServiceDescriptor().getName())
                .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder refusing = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(refusing::addMethod);
        return refusing.build();
    }

    private static <Q, R> ServerMethodDefinition<Q, R> refusedBy(ServerMethodDefinition<Q, R> method) {
        MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
        ServerCallHandler<Q, R> handler = method.getServerCallHandler();
        return ServerMethodDefinition.create(
                descriptor.toBuilder(
                                new NullForUnreadable<>(descriptor.getRequestMarshaller()),
                                descriptor.getResponseMarshaller())
                        .build(),
                descriptor.getType().clientSendsOneMessage()
                        ? (call, headers) -> new Refusing<>(call, handler.startCall(call, headers))
                        : handler);
    }

    static InvalidFieldException exception() {
        return InvalidFieldException.ofSecret("request", "a protobuf message of the method's request type");
    }

    private record NullForUnreadable<T>(MethodDescriptor.Marshaller<T> marshaller)
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

    private static final class Refusing<Q> extends SimpleForwardingServerCallListener<Q> {

        private final ServerCall<Q, ?> call;
        private boolean refused;

        Refusing(ServerCall<Q, ?> call, ServerCall.Listener<Q> listener) {
            super(listener);
            this.call = call;
        }

        @Override
        public void onMessage(@Nullable Q message) {
            if (message != null) {
                super.onMessage(message);
            } else if (!refused) {
                refused = true;
                StatusRuntimeException status = StatusMapper.toStatus(exception());
                Metadata trailers = status.getTrailers();
                call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
            }
        }

        @Override
        public void onHalfClose() {
            if (!refused) { // else it would miss the message, and close the call once more
                super.onHalfClose();
            }
        }
    }

    private MalformedRequests() {}
}

package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Binds services to the server so that each call is counted, and a malformed request is INVALID_ARGUMENT. */
public final class ServiceBinding {

    /** More than all valid requests need; the longest is a frame of 1,000 heartbeats with 270 KB. */
    public static final int MAX_REQUEST_BYTES = 384 * 1_024;

    private static final String HEALTH = "grpc.health.v1.Health";
    private static final List<String> STANDARD_SERVICES = List.of(HEALTH, "grpc.reflection.");

    /** Of the standard services, which keep the names that they are asked for. */
    private static final int MAX_STANDARD_REQUEST_BYTES = 1_024;

    /** An overloaded server still answers probes: it works. */
    private static final int RESERVED_FOR_HEALTH = 100;

    /** Unary calls and streams over all connections: each costs memory from its first byte on. */
    private final BoundedCount openCalls;

    /** @param maxCalls how many unary calls and streams may be open; further ones end with OVERLOADED */
    public ServiceBinding(int maxCalls) {
        this.openCalls = new BoundedCount(maxCalls);
    }

    /** Returns the service with the bounds around each of its methods. */
    public ServerServiceDefinition bind(BindableService bindable) {
        ServerServiceDefinition service = bindable.bindService();
        var methods = service.getMethods().stream().map(this::bind).toList();
        ServiceDescriptor.Builder descriptor = ServiceDescriptor.newBuilder(
                        service.getServiceDescriptor().getName())
                .setSchemaDescriptor(service.getServiceDescriptor().getSchemaDescriptor());
        methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder bound = ServerServiceDefinition.builder(descriptor.build());
        methods.forEach(bound::addMethod);
        return bound.build();
    }

    private <Q, R> ServerMethodDefinition<Q, R> bind(ServerMethodDefinition<Q, R> method) {
        MethodDescriptor<Q, R> descriptor = method.getMethodDescriptor();
        String name = descriptor.getFullMethodName();
        boolean standard = STANDARD_SERVICES.stream().anyMatch(name::startsWith);
        var marshaller = RequestMarshaller.of(
                descriptor.getRequestMarshaller(), standard ? MAX_STANDARD_REQUEST_BYTES : MAX_REQUEST_BYTES);
        return ServerMethodDefinition.create(
                descriptor.toBuilder(marshaller, descriptor.getResponseMarshaller())
                        .build(),
                new BoundHandler<>(
                        openCalls,
                        method.getServerCallHandler(),
                        name.startsWith(HEALTH) ? RESERVED_FOR_HEALTH : 0,
                        standard || descriptor.getType().clientSendsOneMessage()));
    }

    /**
     * Starts the calls that fit.
     *
     * @param reserve how many calls more than of other methods fit
     * @param rejectsNull whether a malformed request ends the call here; our own streams end themselves
     */
    private record BoundHandler<Q, R>(
            BoundedCount openCalls, ServerCallHandler<Q, R> handler, int reserve, boolean rejectsNull)
            implements ServerCallHandler<Q, R> {

        @Override
        public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
            if (!openCalls.tryReserve(1, reserve)) {
                StatusMapper.close(call, new OverloadedException(openCalls.limit() + " calls are open on this server"));
                return new ServerCall.Listener<>() {};
            }
            try {
                return new BoundListener<>(openCalls, call, start(call, headers), rejectsNull);
            } catch (RuntimeException e) { // then there is no listener that counts the end
                openCalls.release(1);
                throw e;
            }
        }

        private ServerCall.Listener<Q> start(ServerCall<Q, R> call, Metadata headers) {
            if (call.getMethodDescriptor().getType().clientSendsOneMessage()) { // its handler runs at onHalfClose
                return handler.startCall(call, headers);
            }
            CurrentMethod.set(call.getMethodDescriptor());
            try {
                return handler.startCall(call, headers);
            } finally {
                CurrentMethod.set(null);
            }
        }
    }

    private static final class BoundListener<Q> extends SimpleForwardingServerCallListener<Q> {

        private final BoundedCount openCalls;
        private final ServerCall<Q, ?> call;
        private final boolean rejectsNull;
        private boolean rejected;

        BoundListener(
                BoundedCount openCalls, ServerCall<Q, ?> call, ServerCall.Listener<Q> listener, boolean rejectsNull) {
            super(listener);
            this.openCalls = openCalls;
            this.call = call;
            this.rejectsNull = rejectsNull;
        }

        @Override
        public void onMessage(@Nullable Q message) {
            if (rejected) {
                return;
            }
            if (message == null && rejectsNull) {
                rejected = true;
                StatusMapper.close(call, RequestMarshaller.exception());
            } else {
                super.onMessage(message);
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

        @Override
        public void onCancel() {
            openCalls.release(1);
            super.onCancel();
        }

        @Override
        public void onComplete() {
            openCalls.release(1);
            super.onComplete();
        }
    }
}

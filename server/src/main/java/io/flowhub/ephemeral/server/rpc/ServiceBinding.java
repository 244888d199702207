package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.server.concurrent.BoundedCount;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.metrics.Metrics;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.function.LongSupplier;
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

    private final LongSupplier queuedMillis;

    /**
     * @param maxCalls how many unary calls and streams may be open; further ones end with OVERLOADED, and before that new
     *     ones of the first classes
     * @param queuedMillis how long calls were queued for Redis lately
     */
    public ServiceBinding(int maxCalls, LongSupplier queuedMillis) {
        this.openCalls = new BoundedCount(maxCalls);
        this.queuedMillis = queuedMillis;
    }

    /** Registers the metrics of all calls. */
    public void register(PrometheusRegistry metrics) {
        Metrics.gauge(
                metrics, "ephemeral_calls_in_flight", "Unary calls and streams that are open", openCalls::reserved);
        ErrorCounts.register(metrics);
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
                        name.startsWith(HEALTH) ? () -> 0 : queuedMillis,
                        method.getServerCallHandler(),
                        CallClass.of(descriptor),
                        name.startsWith(HEALTH) ? openCalls.limit() + RESERVED_FOR_HEALTH : maxOpen(descriptor),
                        standard || descriptor.getType().clientSendsOneMessage()));
    }

    private long maxOpen(MethodDescriptor<?, ?> method) {
        return Math.max(1, openCalls.limit() * CallClass.of(method).percent() / 100);
    }

    /**
     * Starts the calls that fit.
     *
     * @param maxOpen with how many open calls, itself included, a call fits
     * @param rejectsNull whether a malformed request ends the call here; our own streams end themselves
     */
    private record BoundHandler<Q, R>(
            BoundedCount openCalls,
            LongSupplier queuedMillis,
            ServerCallHandler<Q, R> handler,
            CallClass callClass,
            long maxOpen,
            boolean rejectsNull)
            implements ServerCallHandler<Q, R> {

        @Override
        public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
            if (queuedMillis.getAsLong() > callClass.maxQueuedMillis()) {
                return reject(call, "calls are queued for Redis for " + queuedMillis.getAsLong() + " ms");
            }
            if (!openCalls.tryReserveWithin(1, maxOpen)) {
                return reject(call, openCalls.reserved() + " calls are open on this server");
            }
            try {
                return new BoundListener<>(openCalls, call, headers, start(call, headers), rejectsNull);
            } catch (RuntimeException e) { // then there is no listener that counts the end
                openCalls.release(1);
                throw e;
            }
        }

        private ServerCall.Listener<Q> reject(ServerCall<Q, R> call, String reason) {
            StatusMapper.close(call, new OverloadedException(reason + ": " + callClass.effect()));
            return new ServerCall.Listener<>() {};
        }

        private ServerCall.Listener<Q> start(ServerCall<Q, R> call, Metadata headers) {
            if (call.getMethodDescriptor().getType().clientSendsOneMessage()) { // its handler runs at onHalfClose
                return handler.startCall(call, headers);
            }
            CurrentCall.set(
                    new LoggedStream(call.getMethodDescriptor().getFullMethodName(), TraceContext.traceId(headers)));
            try {
                return handler.startCall(call, headers);
            } finally {
                CurrentCall.set(null);
            }
        }
    }

    /** A stream lives long: it does not keep its headers. */
    private record LoggedStream(String method, @Nullable String traceId) implements CurrentCall.LoggedCall {}

    private static final class BoundListener<Q> extends SimpleForwardingServerCallListener<Q>
            implements CurrentCall.LoggedCall {

        private final BoundedCount openCalls;
        private final ServerCall<Q, ?> call;

        /** Of a unary call, which reads its trace only for the log. */
        private final @Nullable Metadata headers;

        private final boolean rejectsNull;
        private boolean rejected;

        BoundListener(
                BoundedCount openCalls,
                ServerCall<Q, ?> call,
                Metadata headers,
                ServerCall.Listener<Q> listener,
                boolean rejectsNull) {
            super(listener);
            this.openCalls = openCalls;
            this.call = call;
            this.headers = call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY ? headers : null;
            this.rejectsNull = rejectsNull;
        }

        @Override
        public String method() {
            return call.getMethodDescriptor().getFullMethodName();
        }

        @Override
        public @Nullable String traceId() {
            return headers == null ? null : TraceContext.traceId(headers);
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
            CurrentCall.set(this);
            try {
                super.onHalfClose();
            } finally {
                CurrentCall.set(null);
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

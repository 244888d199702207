package io.flowhub.ephemeral.spring.observation;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;

/**
 * Observes unary calls only: a stream lives for hours, and its observation would collect an event for each of its messages
 * until it ends.
 */
final class ObservedUnaryCalls implements ClientInterceptor {

    private final ClientInterceptor observation;

    ObservedUnaryCalls(ClientInterceptor observation) {
        this.observation = observation;
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return method.getType() == MethodType.UNARY
                ? observation.interceptCall(method, options, next)
                : next.newCall(method, options);
    }
}

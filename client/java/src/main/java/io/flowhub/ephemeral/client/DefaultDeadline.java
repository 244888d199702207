package io.flowhub.ephemeral.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Gives a deadline to each unary call that has none. A stream lasts as long as its caller wants. */
final class DefaultDeadline implements ClientInterceptor {

    private final Duration deadline;

    DefaultDeadline(Duration deadline) {
        this.deadline = deadline;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        boolean isOpen = options.getDeadline() == null && method.getType() == MethodType.UNARY;
        return next.newCall(
                method, isOpen ? options.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS) : options);
    }
}

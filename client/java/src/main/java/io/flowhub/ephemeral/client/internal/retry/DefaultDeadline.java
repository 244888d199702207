package io.flowhub.ephemeral.client.internal.retry;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Sets a deadline on each unary call that has none. Streams get none. */
public final class DefaultDeadline implements ClientInterceptor {

    private final Duration deadline;

    public DefaultDeadline(Duration deadline) {
        this.deadline = deadline;
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        boolean needsDeadline = options.getDeadline() == null && method.getType() == MethodType.UNARY;
        return next.newCall(
                method, needsDeadline ? options.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS) : options);
    }
}

package io.flowhub.ephemeral.client.internal.retry;

import io.flowhub.ephemeral.client.internal.ClientThreads;
import io.flowhub.ephemeral.client.internal.ClientTimer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Retries unary calls that failed with {@code UNAVAILABLE}, where {@link RetrySafety} allows it.
 *
 * <p>gRPC's own retry policy decides by the method alone, but whether a check may be retried depends on its request.
 * gRPC's transparent retries (calls that no server has processed) stay as they are.
 */
public final class RetryInterceptor implements ClientInterceptor {

    /** Set on a call that has a fallback: a retry would only delay it. */
    public static final CallOptions.Key<Boolean> NO_RETRY =
            CallOptions.Key.createWithDefault("io.flowhub.ephemeral.client.no-retry", false);

    private final RetryThrottle throttle = new RetryThrottle();
    private final ClientTimer timer = ClientTimer.on(ClientThreads.timer("ephemeral-retry"));

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        if (method.getType() != MethodType.UNARY || options.getOption(NO_RETRY)) {
            return next.newCall(method, options);
        }
        return new RetryingCall<>(
                next,
                method,
                options,
                throttle,
                timer,
                () -> ThreadLocalRandom.current().nextLong());
    }
}

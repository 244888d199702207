package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls again whose repetition cannot do harm, although the first may have taken effect.
 *
 * <p>Not by gRPC's own retry policy: that decides by the method alone, and whether a check may be repeated depends on
 * its request. (What gRPC repeats by itself, calls that never left this process or that a server refused unseen, stays
 * as it is.)
 */
final class HarmlessRepeats implements ClientInterceptor {

    private final RepeatBudget budget = new RepeatBudget();

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return method.getType() == MethodType.UNARY
                ? new RepeatingCall<>(next, method, options, budget)
                : next.newCall(method, options);
    }

    /** By the request's type, for each RPC has its own. */
    static boolean isHarmless(@Nullable Object request) {
        if (request instanceof CheckRateRequest check) {
            boolean isChargedOnce = !check.getRequestId().isEmpty();
            boolean isLook = check.hasHits() && check.getHits() == 0;
            return isChargedOnce || isLook;
        }
        return request instanceof ResetRateRequest;
    }
}

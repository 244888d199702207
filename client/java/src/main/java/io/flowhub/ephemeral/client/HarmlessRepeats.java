package io.flowhub.ephemeral.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;

/**
 * Sends calls again whose repetition cannot do harm, although the first may have taken effect. {@link Harmless} says
 * which these are.
 *
 * <p>Not by gRPC's own retry policy: that decides by the method alone, and whether a check may be repeated depends on
 * its request. (What gRPC repeats by itself, calls that never left this process or that a server refused unseen, stays
 * as it is.)
 */
final class HarmlessRepeats implements ClientInterceptor {

    /** For a call whose caller has something better to do than to wait for a repetition. */
    static final CallOptions.Key<Boolean> ONCE =
            CallOptions.Key.createWithDefault("io.flowhub.ephemeral.client.once", false);

    private final RepeatBudget budget = new RepeatBudget();

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return method.getType() == MethodType.UNARY && !options.getOption(ONCE)
                ? new RepeatingCall<>(next, method, options, budget)
                : next.newCall(method, options);
    }
}

package io.flowhub.ephemeral.server.redis;

import io.grpc.Context;
import io.grpc.Deadline;
import java.util.function.BooleanSupplier;

/**
 * Whether a call was cancelled, or its deadline has passed. Read once, just before the operation of the call is sent, so
 * that no operation without a waiting caller is sent.
 */
final class Cancellation {

    static final BooleanSupplier NEVER = () -> false;

    /**
     * Returns the cancellation of the gRPC call with this context. The deadline is checked too, because a timer cancels
     * the context shortly after the deadline.
     */
    static BooleanSupplier of(Context context) {
        if (context == Context.ROOT) {
            return NEVER;
        }
        Deadline deadline = context.getDeadline();
        return deadline == null ? context::isCancelled : () -> context.isCancelled() || deadline.isExpired();
    }

    /** Returns the cancellation of the gRPC call that runs on this thread; {@link #NEVER} on a thread without one. */
    static BooleanSupplier ofCurrentCall() {
        return of(Context.current());
    }

    private Cancellation() {}
}

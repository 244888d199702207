package io.flowhub.ephemeral.server.redis;

import io.grpc.Context;
import io.grpc.Deadline;
import java.util.function.BooleanSupplier;

/** Whether the caller of an operation still wants its result. Read once, just before the operation is sent. */
final class Cancellation {

    static final BooleanSupplier NEVER = () -> false;

    /**
     * Of the gRPC call with this context. The deadline is checked beside the context, which a timer cancels and
     * therefore a little late.
     */
    static BooleanSupplier of(Context context) {
        if (context == Context.ROOT) {
            return NEVER;
        }
        Deadline deadline = context.getDeadline();
        return deadline == null ? context::isCancelled : () -> context.isCancelled() || deadline.isExpired();
    }

    /** Of the gRPC call that runs on this thread; {@link #NEVER} on a thread without one. */
    static BooleanSupplier ofCurrentCall() {
        return of(Context.current());
    }

    private Cancellation() {}
}

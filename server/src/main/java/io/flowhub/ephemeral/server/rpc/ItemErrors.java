package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.MethodDescriptor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Errors of single items of one request, such as a batch or a frame. However many items fail unexpectedly, there is one
 * log line.
 */
public final class ItemErrors {

    private final String method;
    private final CurrentCall.LoggedCall logged = CurrentCall.get();
    private final AtomicBoolean anyLogged = new AtomicBoolean();

    public ItemErrors(MethodDescriptor<?, ?> method) {
        this.method = method.getFullMethodName();
    }

    /** The reason for an item that failed. The first unexpected error of the request is logged. */
    public ErrorReason reason(Throwable failure) {
        return reason(failure, 1);
    }

    /** The reason for items that failed together. */
    public ErrorReason reason(Throwable failure, int items) {
        ErrorReason reason = StatusMapper.itemReason(failure, items);
        if (reason == ErrorReason.ERROR_REASON_INTERNAL && anyLogged.compareAndSet(false, true)) {
            StatusMapper.logUnexpected(failure, method, logged.traceId());
        }
        return reason;
    }
}

package io.flowhub.ephemeral.server.caller;

import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.error.PermissionDeniedException;
import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.rpc.StatusMapper;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** A call that may end because of a right, before or while its handler responds. Its handler then sees a cancelled call. */
final class GuardedCall<Q, R> extends SimpleForwardingServerCall<Q, R> {

    private boolean closed;
    private volatile boolean denied;

    GuardedCall(ServerCall<Q, R> call) {
        super(call);
    }

    /** Ends the call, unless it has ended. */
    synchronized void deny(ServiceException reason) {
        if (!closed) {
            closed = true;
            denied = true;
            StatusMapper.close(delegate(), reason);
        }
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
        if (!closed) {
            super.sendHeaders(headers);
        }
    }

    @Override
    public synchronized void sendMessage(R message) {
        if (!closed) {
            super.sendMessage(message);
        }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
        if (!closed) {
            closed = true;
            super.close(status, trailers);
        }
    }

    @Override
    public boolean isCancelled() {
        return denied || super.isCancelled();
    }

    /** Receives the requests of the call. */
    final class Listener extends SimpleForwardingServerCallListener<Q> {

        private final RequestLimits limits;
        private final Runnable onEnd;

        Listener(ServerCall.Listener<Q> handler, RequestLimits limits, Runnable onEnd) {
            super(handler);
            this.limits = limits;
            this.onEnd = onEnd;
        }

        @Override
        public void onMessage(@Nullable Q message) {
            if (denied) {
                return;
            }
            if (message instanceof Message request && !limits.isEmpty()) {
                try {
                    limits.check(request, getMethodDescriptor());
                } catch (PermissionDeniedException e) {
                    deny(e);
                    return;
                }
            }
            super.onMessage(message);
        }

        @Override
        public void onHalfClose() {
            if (!denied) {
                super.onHalfClose();
            }
        }

        @Override
        public void onCancel() {
            onEnd.run();
            super.onCancel();
        }

        @Override
        public void onComplete() {
            onEnd.run();
            if (denied) {
                super.onCancel();
            } else {
                super.onComplete();
            }
        }
    }
}

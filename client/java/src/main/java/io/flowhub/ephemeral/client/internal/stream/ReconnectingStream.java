package io.flowhub.ephemeral.client.internal.stream;

import io.flowhub.ephemeral.client.internal.ErrorDetails;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A bidirectional stream that is reopened whenever it ends, until it is retired or its {@link StreamThread} is closed. The
 * next message is read when the last one has been handled, so what the client cannot handle yet waits on the server.
 * Confined to its thread.
 */
public final class ReconnectingStream<Q, R> implements OutgoingStream<Q> {

    private final Channel channel;
    private final MethodDescriptor<Q, R> method;
    private final StreamThread thread;
    private final Backoff backoff = new Backoff(new SplittableRandom());
    private @Nullable StreamListener<R> listener; // Null before start().
    private @Nullable ClientCall<Q, R> call; // Null before the first attempt and while waiting for the next.
    private boolean isOpen; // Since onOpen(): a call may be ready a moment before its listener runs.
    private boolean isRetired;
    private boolean isHalfClosed;
    private boolean isPaused;
    private boolean isRequestPending; // A message was handled while the stream was paused.

    ReconnectingStream(Channel channel, MethodDescriptor<Q, R> method, StreamThread thread) {
        this.channel = channel;
        this.method = method;
        this.thread = thread;
    }

    /** Opens the stream. May be called on any thread. */
    public void start(StreamListener<R> streamListener) {
        execute(() -> {
            listener = streamListener;
            thread.onStarted(this);
            open();
        });
    }

    @Override
    public void execute(Runnable task) {
        thread.execute(task);
    }

    @Override
    public boolean isReady() {
        return call != null && isOpen && !isHalfClosed && call.isReady() && !thread.isClosed();
    }

    @Override
    public void send(Q message) {
        if (call != null) {
            call.sendMessage(message);
        }
    }

    @Override
    public void abort(String reason) {
        if (call != null) {
            call.cancel(reason, null);
            onBroken(Status.UNAVAILABLE.withDescription(reason).asRuntimeException());
        }
    }

    /** Does not reopen the stream when it ends. */
    public void retire() {
        isRetired = true;
    }

    /** Sends nothing more, so that the server ends a stream that is retired. */
    public void halfClose() {
        if (call != null) {
            isHalfClosed = true;
            call.halfClose();
        }
    }

    /** Reads no message until {@link #resume}. */
    public void pause() {
        isPaused = true;
    }

    public void resume() {
        isPaused = false;
        if (call != null && isRequestPending) {
            isRequestPending = false;
            call.request(1);
        }
    }

    void cancel() {
        if (call == null) {
            end();
        } else {
            call.cancel("Closed", null); // end() follows in onClose.
        }
    }

    private void open() {
        if (thread.isClosed()) {
            return;
        }
        try {
            ClientCall<Q, R> next = channel.newCall(method, CallOptions.DEFAULT.withExecutor(thread.executor()));
            call = next;
            next.start(new CallListener(next), new Metadata());
            next.request(1);
        } catch (RuntimeException e) { // An interceptor of the application threw.
            onBroken(e);
        }
    }

    private void onBroken(Throwable cause) {
        call = null;
        isOpen = false;
        isRequestPending = false;
        if (thread.isClosed()) {
            end();
            return;
        }
        if (isRetired) {
            thread.onEnded(this);
        } else {
            Duration wait = backoff.next(ErrorDetails.of(cause).retryDelay());
            thread.schedule(wait, this::open);
        }
        listener().onBreak(cause);
    }

    private void onFinished() {
        call = null;
        thread.onEnded(this);
        listener().onFinished();
    }

    private void end() {
        thread.onEnded(this);
        listener().onClosed();
    }

    private StreamListener<R> listener() {
        return Objects.requireNonNull(listener, "start() comes first");
    }

    private final class CallListener extends ClientCall.Listener<R> {

        private final ClientCall<Q, R> own;
        private boolean isConnected;

        CallListener(ClientCall<Q, R> own) {
            this.own = own;
        }

        @Override
        public void onReady() {
            if (isReplaced()) {
                return;
            }
            if (!isOpen) {
                isOpen = true;
                listener().onOpen();
            }
            listener().onReady();
        }

        @Override
        public void onMessage(R message) {
            if (isReplaced()) {
                return;
            }
            if (!isConnected) {
                isConnected = true;
                backoff.reset();
                listener().onConnected();
            }
            listener().onMessage(message);
            if (isPaused) {
                isRequestPending = true;
            } else {
                own.request(1);
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (isReplaced()) {
                return;
            }
            if (status.isOk() && isHalfClosed) {
                onFinished();
            } else {
                Status cause =
                        status.isOk() ? Status.UNAVAILABLE.withDescription("The server ended the stream") : status;
                onBroken(cause.asRuntimeException(trailers));
            }
        }

        private boolean isReplaced() {
            return call != own;
        }
    }
}

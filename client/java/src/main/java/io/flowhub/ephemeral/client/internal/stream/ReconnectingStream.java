package io.flowhub.ephemeral.client.internal.stream;

import io.flowhub.ephemeral.client.internal.ClientThreads;
import io.flowhub.ephemeral.client.internal.ErrorDetails;
import io.flowhub.ephemeral.client.internal.GuardedCallback;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A bidirectional stream that is reopened whenever it ends, until it is closed. All events run on one thread of its own,
 * in order and without locks. The next message is read when the last one has been handled, so what the client cannot
 * handle yet waits on the server.
 */
public final class ReconnectingStream<Q, R> implements OutgoingStream<Q> {

    private final Channel channel;
    private final MethodDescriptor<Q, R> method;
    private final Consumer<ReconnectingStream<?, ?>> onClosed;
    private final ScheduledThreadPoolExecutor thread;
    private final Backoff backoff = new Backoff(new SplittableRandom());
    private @Nullable StreamListener<R> listener; // Null before start().
    private @Nullable ClientCall<Q, R> call; // Null before the first attempt and while waiting for the next.
    private boolean isOpen; // Since onOpen(): a call may be ready a moment before its listener runs.
    private volatile boolean isClosed;

    ReconnectingStream(Channel channel, MethodDescriptor<Q, R> method, Consumer<ReconnectingStream<?, ?>> onClosed) {
        this.channel = channel;
        this.method = method;
        this.onClosed = onClosed;
        this.thread = ClientThreads.timer("ephemeral-" + method.getBareMethodName());
        thread.setRejectedExecutionHandler(new DiscardPolicy());
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    public void start(StreamListener<R> streamListener) {
        execute(() -> {
            listener = streamListener;
            open();
        });
    }

    @Override
    public void execute(Runnable task) {
        thread.execute(() -> GuardedCallback.run(task));
    }

    /** Runs a task on the thread of the stream again and again. */
    public void repeat(Duration period, Runnable task) {
        Runnable guarded = () -> GuardedCallback.run(task); // An exception would end the repetition.
        var unused = thread.scheduleWithFixedDelay(guarded, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public boolean isReady() {
        return call != null && isOpen && call.isReady() && !isClosed;
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

    public boolean isClosed() {
        return isClosed;
    }

    /** Does not wait for a callback that is running. */
    public void close() {
        isClosed = true;
        onClosed.accept(this);
        execute(() -> {
            if (call == null) {
                end();
            } else {
                call.cancel("Closed", null); // end() follows in onClose: gRPC needs the thread until then.
            }
        });
    }

    private void open() {
        if (isClosed) {
            return;
        }
        try {
            ClientCall<Q, R> next = channel.newCall(method, CallOptions.DEFAULT.withExecutor(thread));
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
        if (isClosed) {
            end();
            return;
        }
        Duration wait = backoff.next(ErrorDetails.of(cause).retryDelay());
        var unused = thread.schedule(this::open, wait.toNanos(), TimeUnit.NANOSECONDS);
        listener().onBreak(cause);
    }

    private void end() {
        thread.shutdown();
        if (listener != null) {
            listener.onClosed();
        }
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
            own.request(1);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (!isReplaced()) {
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

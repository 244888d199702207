package io.flowhub.ephemeral.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stream in both directions that is opened anew whenever it ends, until it is closed. Everything happens on one thread
 * of its own, one after the other and without a lock. The next message is read when the one before is dealt with, so that
 * what is not dealt with waits on the server and not in this process.
 */
final class ReconnectingStream<Q, R> {

    /** What is said on it. Called on its thread. */
    interface Talk<R> {

        /** A new stream can be written to, and nothing was said on it yet. */
        void onOpen();

        /** More may be said. */
        void onReady();

        /** The server says the first word on this stream, which follows. */
        void onConnected();

        void onMessage(R message);

        /** It ended, or could not be opened. It is opened anew after a while. */
        void onBreak(Throwable cause);

        /** It is not opened any more. Called last. */
        default void onClosed() {}
    }

    private final Channel channel;
    private final MethodDescriptor<Q, R> method;
    private final Talk<R> talk;
    private final Consumer<ReconnectingStream<?, ?>> onClosed;
    private final ScheduledThreadPoolExecutor thread;
    private final Backoff backoff = new Backoff();
    private @Nullable ClientCall<Q, R> call; // None before the first and while waiting for the next.
    private boolean isOpen; // Which the talk knows of: a call may be ready a moment before it is told.
    private volatile boolean isClosed;

    ReconnectingStream(
            Channel channel, MethodDescriptor<Q, R> method, Talk<R> talk, Consumer<ReconnectingStream<?, ?>> onClosed) {
        this.channel = channel;
        this.method = method;
        this.talk = talk;
        this.onClosed = onClosed;
        this.thread = DaemonThread.timer("ephemeral-" + method.getBareMethodName());
        thread.setRejectedExecutionHandler(new DiscardPolicy());
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    void start() {
        execute(this::open);
    }

    /** Runs a task on the thread of the stream; does nothing once it is closed. */
    void execute(Runnable task) {
        thread.execute(() -> Callback.run(task));
    }

    void repeat(Duration period, Runnable task) {
        Runnable guarded = () -> Callback.run(task); // What is thrown would end the repetition.
        var unused = thread.scheduleWithFixedDelay(guarded, period.toNanos(), period.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** To be asked before each {@link #send}: what is sent nevertheless piles up in memory. */
    boolean isReady() {
        return call != null && isOpen && call.isReady() && !isClosed;
    }

    void send(Q message) {
        if (call != null) {
            call.sendMessage(message);
        }
    }

    /** Gives the stream up, to be opened anew. What still comes on it is not heard. */
    void breakOff(String reason) {
        if (call != null) {
            call.cancel(reason, null);
            broken(Status.UNAVAILABLE.withDescription(reason).asRuntimeException());
        }
    }

    boolean isClosed() {
        return isClosed;
    }

    /** Does not wait for what is said at this moment. */
    void close() {
        isClosed = true;
        onClosed.accept(this);
        execute(() -> {
            if (call == null) {
                end();
            } else {
                call.cancel("Closed", null); // Ends when that is done, for gRPC still needs the thread until then.
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
            next.start(new Attempt(next), new Metadata());
            next.request(1);
        } catch (RuntimeException e) { // An interceptor of the caller's threw.
            broken(e);
        }
    }

    private void broken(Throwable cause) {
        call = null;
        isOpen = false;
        if (isClosed) {
            end();
            return;
        }
        Duration wait = backoff.next(EphemeralErrors.retryDelay(cause));
        var unused = thread.schedule(this::open, wait.toNanos(), TimeUnit.NANOSECONDS);
        talk.onBreak(cause);
    }

    private void end() {
        thread.shutdown();
        talk.onClosed();
    }

    private final class Attempt extends ClientCall.Listener<R> {

        private final ClientCall<Q, R> attempt;
        private boolean isConnected;

        Attempt(ClientCall<Q, R> attempt) {
            this.attempt = attempt;
        }

        @Override
        public void onReady() {
            if (isOver()) {
                return;
            }
            if (!isOpen) {
                isOpen = true;
                talk.onOpen();
            }
            talk.onReady();
        }

        @Override
        public void onMessage(R message) {
            if (isOver()) {
                return;
            }
            if (!isConnected) {
                isConnected = true;
                backoff.reset();
                talk.onConnected();
            }
            talk.onMessage(message);
            attempt.request(1);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (!isOver()) {
                Status cause =
                        status.isOk() ? Status.UNAVAILABLE.withDescription("The server ended the stream") : status;
                broken(cause.asRuntimeException(trailers));
            }
        }

        private boolean isOver() {
            return call != attempt;
        }
    }
}

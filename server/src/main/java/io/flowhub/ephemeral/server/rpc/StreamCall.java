package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.DrainingException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One open stream: reads requests for its handler, and writes the responses of the handler and the end. */
final class StreamCall<Q, R> implements StreamObserver<Q>, StreamHandler.Outbound {

    private static final int MIN_RETRY_MILLIS = 100;
    private static final int MAX_RETRY_MILLIS = 1_000;

    private final ServerCallStreamObserver<R> call;
    private final StreamHandler<Q, R> handler;
    private final Executor writers;
    private final Consumer<StreamCall<Q, R>> onClosed;
    private final CurrentCall.LoggedCall logged = CurrentCall.get();

    /**
     * The signals since the last {@link #writeAll} ended. One thread writes at a time. It starts at 1, so that a signal from
     * the handler's constructor does not start a write before the handler is set.
     */
    private final AtomicInteger pendingSignals = new AtomicInteger(1);

    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable RuntimeException end;

    private final AtomicBoolean draining = new AtomicBoolean();
    private final Queue<CompletableFuture<?>> timers = new ConcurrentLinkedQueue<>();

    /** The event that announces the end, until it is sent. */
    private volatile @Nullable R drainingEvent;

    private volatile boolean drainingSent;

    /** Whether the client has ended the stream after the announcement, and everything before that is in the handler. */
    private volatile boolean flushed;

    StreamCall(
            ServerCallStreamObserver<R> call,
            Function<StreamHandler.Outbound, StreamHandler<Q, R>> newHandler,
            Executor writers,
            Consumer<StreamCall<Q, R>> onClosed) {
        this.call = call;
        this.writers = writers;
        this.onClosed = onClosed;
        this.handler = newHandler.apply(this);
    }

    @Override
    public void signal() {
        if (pendingSignals.getAndIncrement() == 0) {
            scheduleWrites();
        }
    }

    void scheduleWrites() {
        try {
            writers.execute(this::writeAll);
        } catch (RejectedExecutionException e) {
            tryClose(); // the server has stopped, and all calls with it
        }
    }

    private void writeAll() {
        int signals = pendingSignals.get();
        while (signals != 0) {
            write();
            signals = pendingSignals.addAndGet(-signals);
        }
    }

    private void write() {
        if (closed.get()) {
            return;
        }
        RuntimeException reason = end;
        if (reason == null) {
            try {
                writeResponses();
                reason = end;
            } catch (RuntimeException e) { // the writer thread would drop it
                reason = e;
            }
        }
        if (reason != null && tryClose()) {
            call.onError(StatusMapper.toStatus(reason, logged));
        }
    }

    private void writeResponses() {
        while (call.isReady() && end == null) {
            R announcement = drainingEvent;
            if (announcement != null) {
                call.onNext(announcement);
                drainingSent = true;
                drainingEvent = null;
                continue;
            }
            boolean last = flushed; // before poll(), which has everything from then on
            R next = handler.poll();
            if (next == null) {
                if ((last || handler.isComplete()) && tryClose()) {
                    call.onCompleted();
                }
                return;
            }
            call.onNext(next);
        }
    }

    @Override
    public void requestNext() {
        call.request(1);
    }

    @Override
    public void onNext(@Nullable Q message) {
        if (message == null) {
            end(RequestMarshaller.exception());
        } else {
            dispatch(() -> handler.onMessage(message));
        }
    }

    @Override
    public void onCompleted() {
        dispatch(handler::onHalfClose);
        if (drainingSent) {
            Futures.ignore(handler.flush().thenRun(() -> {
                flushed = true;
                signal();
            }));
        }
        signal();
    }

    private void dispatch(Runnable callback) {
        if (end != null || closed.get()) {
            return;
        }
        try {
            callback.run();
        } catch (RuntimeException e) {
            end(e);
        }
    }

    /** The client cancelled the stream or was disconnected. */
    @Override
    public void onError(Throwable failure) {
        tryClose();
    }

    /** Announces the end of the stream after a delay, and ends it after the time left. */
    void drainAfter(Duration delay, Duration timeLeft) {
        after(delay, () -> drain(timeLeft));
    }

    private void drain(Duration timeLeft) {
        if (!draining.compareAndSet(false, true)) {
            return;
        }
        R event = timeLeft.isZero() ? null : handler.drainingEvent(timeLeft);
        if (event == null) {
            end(drainingException());
            return;
        }
        drainingEvent = event;
        signal();
        after(timeLeft, () -> end(drainingException()));
    }

    private static DrainingException drainingException() {
        return new DrainingException(
                Duration.ofMillis(ThreadLocalRandom.current().nextLong(MIN_RETRY_MILLIS, MAX_RETRY_MILLIS)));
    }

    private void after(Duration delay, Runnable task) {
        CompletableFuture<Void> timer =
                new CompletableFuture<Void>().completeOnTimeout(null, delay.toNanos(), TimeUnit.NANOSECONDS);
        timers.add(timer);
        var unused = timer.thenRunAsync(task, writers);
        if (closed.get()) {
            cancelTimers();
        }
    }

    private void cancelTimers() {
        timers.forEach(timer -> timer.cancel(false));
        timers.clear();
    }

    private void end(RuntimeException reason) {
        end = reason;
        signal();
    }

    /** Returns true for the first caller only, which then sends the status if there is one to send. */
    boolean tryClose() {
        boolean first = closed.compareAndSet(false, true);
        if (first) {
            onClosed.accept(this);
            cancelTimers();
            handler.onClosed();
        }
        return first;
    }
}

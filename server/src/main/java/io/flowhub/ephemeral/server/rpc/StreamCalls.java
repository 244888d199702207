package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.server.error.DrainingException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The open streams of this server: reads requests, writes responses, and ends all streams on shutdown. */
public final class StreamCalls {

    private static final int MIN_RETRY_MILLIS = 100;
    private static final int MAX_RETRY_MILLIS = 1_000;

    private final Executor writers;
    private final Set<Stream<?, ?>> open = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Duration draining;

    /**
     * @param writers writes the streams, so that a thread which signals thousands of streams does not write them itself.
     *     Receives at most one task per stream at a time
     */
    public StreamCalls(Executor writers) {
        this.writers = writers;
    }

    /**
     * Opens a stream. Memory is bounded in both directions: after the first message, each further one is read when the
     * handler requests it; and the handler is polled only while the client reads.
     */
    public <Q, R> StreamObserver<Q> open(
            StreamObserver<R> observer, Function<StreamHandler.Outbound, StreamHandler<Q, R>> newHandler) {
        ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) observer;
        call.disableAutoRequest();
        Stream<Q, R> stream = new Stream<>(call, newHandler);
        call.setOnReadyHandler(stream::signal);
        call.setOnCancelHandler(stream::tryClose);
        open.add(stream);
        call.request(1);
        stream.scheduleWrites();
        Duration spread = draining;
        if (spread != null) { // drain() may have missed this stream
            drain(stream, spread);
        }
        return stream;
    }

    /** Ends all streams with DRAINING, at random times within the spread, so that clients do not reconnect all at once. */
    public void drain(Duration spread) {
        draining = spread;
        open.forEach(stream -> drain(stream, spread));
    }

    private void drain(Stream<?, ?> stream, Duration spread) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        Duration retryDelay = Duration.ofMillis(random.nextLong(MIN_RETRY_MILLIS, MAX_RETRY_MILLIS));
        CompletableFuture.delayedExecutor(random.nextLong(spread.toMillis() + 1), TimeUnit.MILLISECONDS, writers)
                .execute(() -> stream.end(new DrainingException(retryDelay)));
    }

    private final class Stream<Q, R> implements StreamObserver<Q>, StreamHandler.Outbound {

        private final ServerCallStreamObserver<R> call;
        private final StreamHandler<Q, R> handler;
        private final String method = CurrentMethod.name();

        /**
         * The signals since the last {@link #writeAll} ended. One thread writes at a time. It starts at 1, so that a signal
         * from the handler's constructor does not start a write before the handler is set.
         */
        private final AtomicInteger pendingSignals = new AtomicInteger(1);

        private final AtomicBoolean closed = new AtomicBoolean();
        private volatile @Nullable RuntimeException end;

        Stream(ServerCallStreamObserver<R> call, Function<StreamHandler.Outbound, StreamHandler<Q, R>> newHandler) {
            this.call = call;
            this.handler = newHandler.apply(this);
        }

        @Override
        public void signal() {
            if (pendingSignals.getAndIncrement() == 0) {
                scheduleWrites();
            }
        }

        private void scheduleWrites() {
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
                call.onError(StatusMapper.toStatus(reason, method));
            }
        }

        private void writeResponses() {
            while (call.isReady() && end == null) {
                R next = handler.poll();
                if (next == null) {
                    if (handler.isComplete() && tryClose()) {
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
                end(MalformedRequests.exception());
            } else {
                dispatch(() -> handler.onMessage(message));
            }
        }

        @Override
        public void onCompleted() {
            dispatch(handler::onHalfClose);
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

        void end(RuntimeException reason) {
            end = reason;
            signal();
        }

        /** Returns true for the first caller only, which then sends the status if there is one to send. */
        private boolean tryClose() {
            boolean first = closed.compareAndSet(false, true);
            if (first) {
                open.remove(this);
                handler.onClosed();
            }
            return first;
        }
    }
}

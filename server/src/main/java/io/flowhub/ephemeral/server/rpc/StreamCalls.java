package io.flowhub.ephemeral.server.rpc;

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

/** The open streams of this server: how they are read, written and, when it stops, ended. */
public final class StreamCalls {

    private static final int MIN_RETRY_MILLIS = 100;
    private static final int MAX_RETRY_MILLIS = 1_000;

    private final Executor writers;
    private final Set<Stream<?, ?>> open = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Duration draining;

    /**
     * @param writers where streams are written, so that who wakes a thousand of them does not write them all. It has one
     *     task a stream at most
     */
    public StreamCalls(Executor writers) {
        this.writers = writers;
    }

    /**
     * Opens a stream. One message is read, the next one when the talk asks for it, so that a fast sender cannot fill the
     * memory; and it is asked for what it has to say only while the caller reads, so that a slow reader cannot either.
     */
    public <Q, R> StreamObserver<Q> open(
            StreamObserver<R> observer, Function<StreamHandler.Line, StreamHandler<Q, R>> talk) {
        ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) observer;
        call.disableAutoRequest();
        Stream<Q, R> stream = new Stream<>(call, talk);
        call.setOnReadyHandler(stream::wake);
        call.setOnCancelHandler(stream::closed);
        open.add(stream);
        call.request(1);
        stream.writeSoon();
        Duration spread = draining;
        if (spread != null) { // it came too late for drain() to see it
            drain(stream, spread);
        }
        return stream;
    }

    /** Ends all streams with a hint to connect anew, spread over the given time, so that not all come back at once. */
    public void drain(Duration spread) {
        draining = spread;
        open.forEach(stream -> drain(stream, spread));
    }

    private void drain(Stream<?, ?> stream, Duration spread) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long retryMillis = random.nextLong(MIN_RETRY_MILLIS, MAX_RETRY_MILLIS);
        CompletableFuture.delayedExecutor(random.nextLong(spread.toMillis() + 1), TimeUnit.MILLISECONDS, writers)
                .execute(() -> stream.end(new DrainingException(retryMillis)));
    }

    private final class Stream<Q, R> implements StreamObserver<Q>, StreamHandler.Line {

        private final ServerCallStreamObserver<R> call;
        private final StreamHandler<Q, R> talk;

        /**
         * How often it was asked to write since somebody last had nothing left to write: one thread writes at a time, and
         * none until the talk is known.
         */
        private final AtomicInteger asked = new AtomicInteger(1);

        private final AtomicBoolean closed = new AtomicBoolean();
        private volatile @Nullable RuntimeException end;

        Stream(ServerCallStreamObserver<R> call, Function<StreamHandler.Line, StreamHandler<Q, R>> talk) {
            this.call = call;
            this.talk = talk.apply(this);
        }

        @Override
        public void wake() {
            if (asked.getAndIncrement() == 0) {
                writeSoon();
            }
        }

        private void writeSoon() {
            try {
                writers.execute(this::writeAll);
            } catch (RejectedExecutionException e) {
                closed(); // the server has stopped, and with it all its calls
            }
        }

        private void writeAll() {
            int served = asked.get();
            while (served != 0) {
                write();
                served = asked.addAndGet(-served);
            }
        }

        private void write() {
            if (closed.get()) {
                return;
            }
            RuntimeException reason = end;
            if (reason == null) {
                try {
                    reason = say() ? null : end;
                } catch (RuntimeException e) { // nobody above would tell the caller
                    reason = e;
                }
            }
            if (reason != null && closed()) {
                call.onError(StatusMapper.toStatus(reason));
            }
        }

        /** Returns whether all was said that may be said now. */
        private boolean say() {
            while (call.isReady() && end == null) {
                R next = talk.next();
                if (next == null) {
                    if (talk.isOver() && closed()) {
                        call.onCompleted();
                    }
                    return true;
                }
                call.onNext(next);
            }
            return end == null;
        }

        @Override
        public void readOn() {
            call.request(1);
        }

        @Override
        public void onNext(@Nullable Q message) {
            if (message == null) {
                end(MalformedRequests.exception());
            } else {
                hear(() -> talk.onMessage(message));
            }
        }

        @Override
        public void onCompleted() {
            hear(talk::onHalfClose);
            wake();
        }

        private void hear(Runnable hearing) {
            if (end != null || closed.get()) {
                return;
            }
            try {
                hearing.run();
            } catch (RuntimeException e) {
                end(e);
            }
        }

        /** The caller is gone. */
        @Override
        public void onError(Throwable failure) {
            closed();
        }

        void end(RuntimeException reason) {
            end = reason;
            wake();
        }

        /** Returns whether it was open until now. */
        private boolean closed() {
            boolean first = closed.compareAndSet(false, true);
            if (first) {
                open.remove(this);
                talk.onClosed();
            }
            return first;
        }
    }
}

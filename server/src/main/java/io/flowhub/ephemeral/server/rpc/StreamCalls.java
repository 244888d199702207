package io.flowhub.ephemeral.server.rpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * The open streams of this server. Each ends at an age, so that streams spread over new servers, and all end on shutdown;
 * the client is notified before, and has time to open the next stream first.
 */
public final class StreamCalls {

    /** Of the age of a stream: so much earlier or later it ends, so that streams opened together do not end together. */
    private static final double AGE_JITTER = 0.1;

    private final Executor writers;
    private final Duration maxAge;
    private final Duration drainTimeout;
    private final Set<StreamCall<?, ?>> open = ConcurrentHashMap.newKeySet();
    private volatile boolean draining;

    /**
     * @param writers writes the streams, so that a thread which signals thousands of streams does not write them itself.
     *     Receives at most one task per stream at a time
     * @param maxAge of a stream, plus or minus a tenth
     * @param drainTimeout in which all streams end after {@link #drain}. A client has half of it to open the next stream
     */
    public StreamCalls(Executor writers, Duration maxAge, Duration drainTimeout) {
        this.writers = writers;
        this.maxAge = maxAge;
        this.drainTimeout = drainTimeout;
    }

    /**
     * Opens a stream. Memory is bounded in both directions: after the first message, each further one is read when the
     * handler requests it; and the handler is polled only while the client reads.
     */
    public <Q, R> StreamObserver<Q> open(
            StreamObserver<R> observer, Function<StreamHandler.Outbound, StreamHandler<Q, R>> newHandler) {
        ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) observer;
        call.disableAutoRequest();
        StreamCall<Q, R> stream = new StreamCall<>(call, newHandler, writers, open::remove);
        call.setOnReadyHandler(stream::signal);
        call.setOnCancelHandler(stream::tryClose);
        open.add(stream);
        call.request(1);
        stream.scheduleWrites();
        stream.drainAfter(jittered(maxAge), timeLeft());
        if (draining) { // drain() may have missed this stream
            drainSoon(stream);
        }
        return stream;
    }

    public boolean anyOpen() {
        return !open.isEmpty();
    }

    /** Ends all streams within the drain timeout, at random times, so that clients do not reconnect all at once. */
    public void drain() {
        draining = true;
        open.forEach(this::drainSoon);
    }

    private void drainSoon(StreamCall<?, ?> stream) {
        long spread = drainTimeout.dividedBy(3).toMillis();
        stream.drainAfter(Duration.ofMillis(ThreadLocalRandom.current().nextLong(spread + 1)), timeLeft());
    }

    private Duration timeLeft() {
        return drainTimeout.dividedBy(2);
    }

    private static Duration jittered(Duration age) {
        double factor = ThreadLocalRandom.current().nextDouble(1 - AGE_JITTER, 1 + AGE_JITTER);
        return Duration.ofNanos((long) (age.toNanos() * factor));
    }
}

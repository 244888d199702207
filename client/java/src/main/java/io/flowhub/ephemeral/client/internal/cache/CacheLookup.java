package io.flowhub.ephemeral.client.internal.cache;

import io.flowhub.ephemeral.client.internal.ClientTimer;
import io.grpc.Context;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * One lookup of one id, shared by all callers that read it at the same time: polls the cache until it has the object,
 * until this process gets the lease, or until the maximum wait ends. It runs in {@link Context#ROOT}, so the end of one
 * caller does not end it.
 */
final class CacheLookup {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);

    private final CacheBackend backend;
    private final String id;
    private final ClientTimer timer;
    private final LongSupplier nanoTime;
    private final CompletableFuture<CacheReply> reply = new CompletableFuture<>();
    private final CompletableFuture<Optional<String>> result;

    /**
     * @param resolve turns the reply into the result
     * @param onEnd runs before the result is visible, so that a caller that reads afterwards starts a new lookup
     * @param timer for the pauses between polls. Polls run the application's interceptors, which may block its thread
     */
    CacheLookup(
            CacheBackend backend,
            String id,
            Function<CacheReply, CompletableFuture<Optional<String>>> resolve,
            Consumer<CacheLookup> onEnd,
            ClientTimer timer,
            LongSupplier nanoTime) {
        this.backend = backend;
        this.id = id;
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.result = reply.thenCompose(resolve).whenComplete((value, failure) -> onEnd.accept(this));
    }

    CompletableFuture<Optional<String>> result() {
        return result;
    }

    void start(Duration maxWait) {
        endAfter(maxWait);
        Context.ROOT.run(() -> poll(maxWait, FIRST_PAUSE));
    }

    /**
     * Ends the wait for the cache, unless it ends earlier. The shortest wait of all callers counts: a caller with little
     * time left needs a load rather than a timeout.
     */
    void endAfter(Duration maxWait) {
        // On the JDK's timer thread, not on ours: a poll that blocks must not extend the wait.
        var unused = reply.completeOnTimeout(CacheReply.UNKNOWN, maxWait.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void poll(Duration deadline, Duration pause) {
        long start = nanoTime.getAsLong();
        try {
            var unused = backend.get(id, deadline).whenComplete((received, failure) -> {
                if (failure != null) {
                    fail(failure);
                } else if (received.isLeasedElsewhere()) {
                    Duration left = deadline.minusNanos(nanoTime.getAsLong() - start);
                    pollAgain(left, shorter(pause, longer(received.leaseLeft(), FIRST_PAUSE)), pause.multipliedBy(2));
                } else {
                    reply.complete(received);
                }
            });
        } catch (RuntimeException e) { // An interceptor of the application threw.
            fail(e);
        }
    }

    private void pollAgain(Duration left, Duration pause, Duration nextPause) {
        Duration deadline = left.minus(pause);
        if (deadline.isNegative() || deadline.isZero() || reply.isDone()) {
            return; // The maximum wait ends before the next reply.
        }
        try {
            timer.schedule(pause, Context.ROOT.wrap(() -> poll(deadline, nextPause)));
        } catch (RejectedExecutionException e) { // The client is closed.
            reply.complete(CacheReply.UNKNOWN);
        }
    }

    /** Only an invalid id fails the lookup. After any other failure of the cache the object is loaded. */
    private void fail(Throwable failure) {
        if (Status.fromThrowable(failure).getCode() == Status.Code.INVALID_ARGUMENT) {
            reply.completeExceptionally(failure);
        } else {
            reply.complete(CacheReply.UNKNOWN);
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}

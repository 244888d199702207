package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;

/**
 * The way of one script's calls to Redis. Calls leave from one thread, that of the connection. It takes all that wait, at
 * most {@code maxBatch}, while fewer than {@code maxInFlight} batches are under way; the rest leaves when one returns.
 * There is no timer and no added wait: a call to an idle lane leaves at once and alone, a busy lane batches by itself.
 *
 * <p>If a batch finds Redis unavailable, whatever waits behind it fails too: it has waited as long as the batch was
 * under way. And a batch knows how long its calls may have waited already, so that Redis gets the less time for them.
 */
final class ScriptBatcher {

    private final Script script;
    private final int capacity;
    private final int maxBatch;
    private final int maxInFlight;
    private final Executor thread;
    private final Ticker ticker;
    private final BiFunction<List<PendingCall<?>>, Duration, CompletionStage<Boolean>> send;

    private final Queue<PendingCall<?>> waiting;

    /** Whether the thread has been asked to drain and has not begun. */
    private final AtomicBoolean asked = new AtomicBoolean();

    /** The batches under way. Of the thread alone. */
    private final Set<List<PendingCall<?>>> inFlight = Collections.newSetFromMap(new IdentityHashMap<>());

    /** While as many batches are under way as may: no call in the queue is older. Of the thread alone. */
    private long waitingSinceNanos;

    /**
     * @param thread runs one task after the other
     * @param send sends a batch, whose calls have waited for so long at most, and completes, never exceptionally, when every call in it is answered or failed: with
     *     false if Redis was unavailable
     */
    ScriptBatcher(
            Script script,
            int capacity,
            int maxBatch,
            int maxInFlight,
            Executor thread,
            Ticker ticker,
            BiFunction<List<PendingCall<?>>, Duration, CompletionStage<Boolean>> send) {
        this.script = script;
        this.capacity = capacity;
        this.maxBatch = maxBatch;
        this.maxInFlight = maxInFlight;
        this.thread = thread;
        this.ticker = ticker;
        this.send = send;
        this.waiting = new MpscAtomicArrayQueue<>(capacity);
    }

    void submit(PendingCall<?> call) {
        if (!waiting.offer(call)) {
            call.fail(new OverloadedException(capacity + " calls of " + script + " are queued already"));
        } else if (asked.compareAndSet(false, true)) {
            thread.execute(() -> drain(0));
        }
    }

    private void drain(long waitedNanos) {
        asked.set(false);
        while (!isFull()) {
            List<PendingCall<?>> batch = takeBatch();
            if (batch.isEmpty()) {
                return;
            }
            inFlight.add(batch);
            if (isFull()) {
                waitingSinceNanos = ticker.read() - (waiting.isEmpty() ? 0 : waitedNanos);
            }
            send.apply(batch, Duration.ofNanos(waitedNanos))
                    .thenAcceptAsync(available -> returned(batch, available), thread);
        }
    }

    private boolean isFull() {
        return inFlight.size() >= maxInFlight;
    }

    private List<PendingCall<?>> takeBatch() {
        List<PendingCall<?>> batch = new ArrayList<>();
        PendingCall<?> call;
        while (batch.size() < maxBatch && (call = waiting.poll()) != null) {
            if (!call.dropIfCallerGone()) {
                batch.add(call);
            }
        }
        return batch;
    }

    private void returned(List<PendingCall<?>> batch, boolean available) {
        long waitedNanos = isFull() ? ticker.read() - waitingSinceNanos : 0;
        inFlight.remove(batch);
        if (!available) {
            failWaiting(new RedisUnavailableException("Redis was away while the call waited"));
        }
        drain(waitedNanos);
    }

    /** Fails all calls, those that wait and those under way: nobody will answer them any more. */
    void failAll(ServiceException failure) {
        thread.execute(() -> {
            inFlight.forEach(batch -> batch.forEach(call -> call.fail(failure)));
            failWaiting(failure);
        });
    }

    private void failWaiting(ServiceException failure) {
        PendingCall<?> call;
        while ((call = waiting.poll()) != null) {
            call.fail(failure);
        }
    }
}

package io.flowhub.ephemeral.server.redis;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;

/**
 * The way of one script's calls to Redis. Calls leave from one thread, that of the connection. It takes all that wait, at
 * most {@code maxBatch}, while fewer than {@code maxInFlight} batches are under way; the rest leaves when one returns.
 * There is no timer and no added wait: a call to an idle lane leaves at once and alone, a busy lane batches by itself.
 *
 * <p>If a batch finds Redis unavailable, whatever waits behind it fails too: it has waited as long as the batch was
 * under way: one time-out as a rule, and two at most, if Redis fell silent just after a slow answer.
 */
final class Lane {

    private final Script script;
    private final int capacity;
    private final int maxBatch;
    private final int maxInFlight;
    private final Executor thread;
    private final Function<List<Pending<?>>, CompletionStage<Boolean>> send;

    private final Queue<Pending<?>> waiting;

    /** Whether the thread has been asked to drain and has not begun. */
    private final AtomicBoolean asked = new AtomicBoolean();

    /** The batches under way. Of the thread alone. */
    private final Set<List<Pending<?>>> inFlight = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * @param thread runs one task after the other
     * @param send sends a batch and completes, never exceptionally, when every call in it is answered or failed: with
     *     false if Redis was unavailable
     */
    Lane(
            Script script,
            int capacity,
            int maxBatch,
            int maxInFlight,
            Executor thread,
            Function<List<Pending<?>>, CompletionStage<Boolean>> send) {
        this.script = script;
        this.capacity = capacity;
        this.maxBatch = maxBatch;
        this.maxInFlight = maxInFlight;
        this.thread = thread;
        this.send = send;
        this.waiting = new MpscAtomicArrayQueue<>(capacity);
    }

    void submit(Pending<?> call) {
        if (!waiting.offer(call)) {
            call.fail(new RedisFailure.Overloaded(script, capacity));
        } else if (asked.compareAndSet(false, true)) {
            thread.execute(this::drain);
        }
    }

    private void drain() {
        asked.set(false);
        while (inFlight.size() < maxInFlight) {
            List<Pending<?>> batch = takeBatch();
            if (batch.isEmpty()) {
                return;
            }
            inFlight.add(batch);
            send.apply(batch).thenAcceptAsync(available -> returned(batch, available), thread);
        }
    }

    private List<Pending<?>> takeBatch() {
        List<Pending<?>> batch = new ArrayList<>();
        Pending<?> call;
        while (batch.size() < maxBatch && (call = waiting.poll()) != null) {
            if (!call.dropIfCallerGone()) {
                batch.add(call);
            }
        }
        return batch;
    }

    private void returned(List<Pending<?>> batch, boolean available) {
        inFlight.remove(batch);
        if (!available) {
            failWaiting(new RedisFailure.Unavailable("Redis was away while the call waited", null));
        }
        drain();
    }

    /** Fails all calls, those that wait and those under way: nobody will answer them any more. */
    void failAll(RedisFailure failure) {
        thread.execute(() -> {
            inFlight.forEach(batch -> batch.forEach(call -> call.fail(failure)));
            failWaiting(failure);
        });
    }

    private void failWaiting(RedisFailure failure) {
        Pending<?> call;
        while ((call = waiting.poll()) != null) {
            call.fail(failure);
        }
    }
}

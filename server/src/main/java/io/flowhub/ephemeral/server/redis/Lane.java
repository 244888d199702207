package io.flowhub.ephemeral.server.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The way of one script's calls to Redis. A call leaves at once while fewer than {@code maxInFlight} batches are under
 * way; otherwise it waits, and all that wait leave together, at most {@code maxBatch} of them, when a batch returns.
 * There is no timer and no added wait: an idle lane sends single calls, a busy one batches by itself.
 *
 * <p>If a batch finds Redis unavailable, whatever waits behind it fails too: it has waited as long as the batch was
 * under way, so nobody ever waits longer than one time-out.
 */
final class Lane {

    private final Script script;
    private final int capacity;
    private final int maxBatch;
    private final int maxInFlight;
    private final Function<List<Pending<?>>, CompletionStage<Boolean>> send;

    private final Queue<Pending<?>> waiting;
    private final AtomicInteger inFlight = new AtomicInteger();

    /** Set when a batch came back from a Redis that is away. */
    private final AtomicBoolean failWaiting = new AtomicBoolean();

    /** How often somebody asked for a drain since the thread that drains last looked. Only 0 to 1 starts a drain. */
    private final AtomicInteger requests = new AtomicInteger();

    /**
     * @param send sends a batch and completes, never exceptionally, when every call in it is answered or failed: with
     *     false if Redis was unavailable
     */
    Lane(
            Script script,
            int capacity,
            int maxBatch,
            int maxInFlight,
            Function<List<Pending<?>>, CompletionStage<Boolean>> send) {
        this.script = script;
        this.capacity = capacity;
        this.maxBatch = maxBatch;
        this.maxInFlight = maxInFlight;
        this.send = send;
        this.waiting = new MpscAtomicArrayQueue<>(capacity);
    }

    void submit(Pending<?> call) {
        if (waiting.offer(call)) {
            drain();
        } else {
            call.fail(new RedisFailure.Overloaded(script, capacity));
        }
    }

    /** One thread at a time takes from the queue; a thread that comes meanwhile leaves its request to that one. */
    private void drain() {
        if (requests.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            if (failWaiting.compareAndSet(true, false)) {
                failAllWaiting();
            }
            while (inFlight.get() < maxInFlight) {
                List<Pending<?>> batch = takeBatch();
                if (batch.isEmpty()) {
                    break;
                }
                inFlight.incrementAndGet();
                send.apply(batch).whenComplete(this::returned);
            }
            seen = requests.addAndGet(-seen);
        } while (seen != 0);
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

    private void failAllWaiting() {
        RedisFailure failure = new RedisFailure.Unavailable("Redis was away while the call waited", null);
        Pending<?> call;
        while ((call = waiting.poll()) != null) {
            call.fail(failure);
        }
    }

    private void returned(@Nullable Boolean available, @Nullable Throwable thrown) {
        if (!Boolean.TRUE.equals(available)) {
            failWaiting.set(true);
        }
        inFlight.decrementAndGet();
        drain();
    }
}

package io.flowhub.ephemeral.server.redis;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.EventLoopTurn;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.error.ServiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Batches the calls of one script. Batches are sent from one thread, the event loop of the connection. It takes all queued
 * calls, at most {@code maxBatch}, while fewer than {@code nearInFlight} batches are in flight; the rest is sent when a batch
 * completes. That needs no timer: an idle batcher sends a call at once and alone, a busy one batches by itself. The calls that
 * an event loop makes in one turn leave together at its end, or once there are {@value #MAX_UNSENT_OF_TURN}.
 *
 * <p>To a distant master up to {@code maxInFlight} batches are in flight, and the further ones are paced: one for each {@link
 * #PACE}, with the calls of that time. Without the pace, a burst of calls would leave in many small batches, and those behind
 * it would wait a round trip for one of them to complete.
 *
 * <p>If a batch receives no reply, and no other batch for the same master has received one recently, all calls queued behind
 * it fail too: they have waited as long as the batch was in flight. A batch is sent with the queue delay of its calls, so
 * that its timeout can be reduced by it. Calls that have been queued for too long are rejected instead.
 */
final class ScriptBatcher {

    /** A call that waited longer is rejected: Redis is overloaded. */
    private static final Duration MAX_QUEUE_DELAY = Duration.ofSeconds(1);

    /** The time between two batches while more than a near master needs are in flight. */
    static final Duration PACE = Duration.ofMillis(1);

    /** A caller with more calls in one turn has further ones to handle while these are sent. */
    static final int MAX_UNSENT_OF_TURN = 16;

    private final Script script;
    private final int capacity;
    private final int maxBatch;
    private final int nearInFlight;
    private final IntSupplier maxInFlight;
    private final ScheduledExecutorService loop;
    private final Ticker ticker;
    private final LastReply lastReply;
    private final BiFunction<List<PendingCall<?>>, Duration, CompletionStage<Boolean>> sender;

    private final MpscAtomicArrayQueue<PendingCall<?>> queue;

    /**
     * Whether the event loop is going to send queued calls, by a task that has not begun or at the end of a batch. Then a call
     * that is queued needs no task, and does not wake the event loop up.
     */
    private final AtomicBoolean sendScheduled = new AtomicBoolean();

    /** The calls for which the event loop gets a task at the end of a turn of the caller; 0 once it has one. */
    private final AtomicInteger unsentOfTurn = new AtomicInteger();

    /** Confined to the event loop. */
    private final Set<List<PendingCall<?>>> inFlight = Collections.newSetFromMap(new IdentityHashMap<>());

    /** The calls that follow the one that was taken last. Confined to the event loop. */
    private @Nullable PendingCall<?> rest;

    private final QueueAge queueAge;

    /** When the last batch was sent that the pace follows. Confined to the event loop. */
    private long lastSentNanos;

    /** Whether the event loop has a task that sends queued calls when the pace permits it. Confined to the event loop. */
    private boolean pacedSendScheduled;

    /**
     * @param nearInFlight how many batches are in flight without a pace
     * @param maxInFlight how many batches are in flight
     * @param loop runs tasks one after the other
     * @param lastReply of the master to which the batches are sent
     * @param sender sends a batch whose calls have been queued for at most the given time. Completes, never
     *     exceptionally, when every call in it is complete: with false if Redis was unavailable
     */
    ScriptBatcher(
            Script script,
            int capacity,
            int maxBatch,
            int nearInFlight,
            IntSupplier maxInFlight,
            ScheduledExecutorService loop,
            Ticker ticker,
            LastReply lastReply,
            BiFunction<List<PendingCall<?>>, Duration, CompletionStage<Boolean>> sender) {
        this.script = script;
        this.capacity = capacity;
        this.maxBatch = maxBatch;
        this.nearInFlight = nearInFlight;
        this.maxInFlight = maxInFlight;
        this.loop = loop;
        this.ticker = ticker;
        this.lastReply = lastReply;
        this.sender = sender;
        this.queueAge = new QueueAge(ticker);
        this.queue = new MpscAtomicArrayQueue<>(capacity);
    }

    int queued() {
        return queue.size();
    }

    /** @param call with the calls that follow it: they take one place in the queue */
    void submit(PendingCall<?> call) {
        if (!queue.offer(call)) {
            call.failAll(new OverloadedException(capacity + " calls of " + script + " are queued already"));
        } else if (sendScheduled.compareAndSet(false, true)) {
            unsentOfTurn.set(1);
            if (!EventLoopTurn.runAtEnd(this::scheduleSend)) {
                scheduleSend();
            }
        } else if (unsentOfTurn.get() > 0 && unsentOfTurn.incrementAndGet() >= MAX_UNSENT_OF_TURN) {
            scheduleSend();
        }
    }

    private void scheduleSend() {
        if (unsentOfTurn.getAndSet(0) > 0) {
            loop.execute(this::sendQueued);
        }
    }

    private void sendQueued() {
        sendScheduled.set(false);
        while (maySend()) {
            long queuedNanos = queueAge.nanosOf(queue.currentConsumerIndex());
            List<PendingCall<?>> batch = takeBatch();
            if (batch.isEmpty()) {
                queueAge.clear();
                return;
            }
            if (queuedNanos > MAX_QUEUE_DELAY.toNanos()) {
                OverloadedException failure = new OverloadedException("the call was queued for too long");
                batch.forEach(call -> call.fail(failure));
            } else {
                send(batch, Duration.ofNanos(queuedNanos));
            }
        }
        if (!hasRoom()) {
            sendScheduled.set(true);
        } else if (rest != null || !queue.isEmpty()) {
            sendScheduled.set(true);
            schedulePacedSend();
        }
    }

    private void schedulePacedSend() {
        if (!pacedSendScheduled) {
            pacedSendScheduled = true;
            long waitNanos = Math.max(0, PACE.toNanos() - (ticker.read() - lastSentNanos));
            var unused = loop.schedule(this::sendPaced, waitNanos, TimeUnit.NANOSECONDS);
        }
    }

    private void sendPaced() {
        pacedSendScheduled = false;
        sendQueued();
    }

    private void send(List<PendingCall<?>> batch, Duration queued) {
        inFlight.add(batch);
        if (inFlight.size() >= nearInFlight) {
            lastSentNanos = ticker.read();
            queueAge.mark(queue.currentProducerIndex());
        }
        sender.apply(batch, queued).thenAcceptAsync(available -> onBatchDone(batch, available), loop);
    }

    private boolean maySend() {
        return inFlight.size() < nearInFlight || (hasRoom() && ticker.read() - lastSentNanos >= PACE.toNanos());
    }

    private boolean hasRoom() {
        return inFlight.size() < maxInFlight.getAsInt();
    }

    private List<PendingCall<?>> takeBatch() {
        List<PendingCall<?>> batch = new ArrayList<>();
        PendingCall<?> call;
        while (batch.size() < maxBatch && (call = poll()) != null) {
            if (!call.dropIfCancelled()) {
                batch.add(call);
            }
        }
        return batch;
    }

    private @Nullable PendingCall<?> poll() {
        PendingCall<?> call = rest == null ? queue.poll() : rest;
        rest = call == null ? null : call.next();
        return call;
    }

    private void onBatchDone(List<PendingCall<?>> batch, boolean available) {
        inFlight.remove(batch);
        if (available) {
            lastReply.isNow();
        } else if (!lastReply.isRecent()) {
            failQueued(new RedisUnavailableException("Redis became unavailable while the call was queued"));
        }
        sendQueued();
    }

    /** Fails all calls, queued and in flight. */
    void failAll(ServiceException failure) {
        loop.execute(() -> {
            inFlight.forEach(batch -> batch.forEach(call -> call.fail(failure)));
            failQueued(failure);
        });
    }

    private void failQueued(ServiceException failure) {
        PendingCall<?> call;
        while ((call = poll()) != null) {
            call.fail(failure);
        }
    }
}

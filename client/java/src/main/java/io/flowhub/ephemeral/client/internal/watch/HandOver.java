package io.flowhub.ephemeral.client.internal.watch;

import io.flowhub.ephemeral.client.internal.stream.Backoff;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The current stream of a watch and, once its server has announced the end, the next one. The next stream receives all ids
 * while the current one goes on. When the next one has acknowledged them, the current one is half-closed; its server then
 * ends it after all that was published before. If the current one breaks instead, the next one replaces it as after any
 * other break. Confined to the thread of the streams.
 */
final class HandOver<Q, R> {

    /** After the time that the server has left to a stream, until the stream is cancelled. */
    private static final Duration MARGIN = Duration.ofSeconds(1);

    /** Hand-overs that begin within this time of each other are a row, with growing pauses. */
    private static final Duration ROW = Duration.ofSeconds(1);

    /** Events of the next stream that wait for the end of the current one. It is not read while there are more. */
    private static final int MAX_HELD = 128;

    private final WatchSupport<Q, R, ?> watch;
    private final Function<HandOver<Q, R>, WatchStream<Q, R>> newStream;
    private final Deque<Runnable> held = new ArrayDeque<>();
    private final Backoff backoff = new Backoff(new SplittableRandom());
    private WatchStream<Q, R> current;
    private @Nullable WatchStream<Q, R> next;
    private boolean isHalfClosed;

    /** A hand-over that begins before is one of a row. */
    private @Nullable Deadline endOfRow;

    HandOver(WatchSupport<Q, R, ?> watch, Function<HandOver<Q, R>, WatchStream<Q, R>> newStream) {
        this.watch = watch;
        this.newStream = newStream;
        this.current = newStream.apply(this);
    }

    void start() {
        current.stream.start(current);
    }

    void sendChanges() {
        current.sendChanges();
        if (next != null) {
            next.sendChanges();
        }
        advance();
    }

    boolean isUnderWay() {
        return next != null;
    }

    /** Whether the current stream delivers, before its end, what this stream has received so far. */
    boolean isCovered(WatchStream<?, ?> stream) {
        return stream == next && !isHalfClosed;
    }

    /** Whether the next stream has sent a state of the id already, which this one could replace by an older one. */
    boolean isSuperseded(WatchStream<?, ?> stream, String id) {
        return stream == current && next != null && next.ids.isAcknowledged(id);
    }

    boolean isUpToDate() {
        return current.isUpToDate();
    }

    /** Runs an event of the next stream after the end of the current one, any other at once. */
    void inOrder(WatchStream<?, ?> from, Runnable event) {
        if (from == current) {
            event.run();
            return;
        }
        held.add(event);
        if (isHalfClosed && held.size() >= MAX_HELD) {
            from.stream.pause();
        }
    }

    void onDraining(WatchStream<?, ?> from, Duration timeLeft) {
        from.deadline = Deadline.after(timeLeft.plus(MARGIN).toNanos(), TimeUnit.NANOSECONDS);
        beginIfDraining();
    }

    private void beginIfDraining() {
        if (next != null || current.deadline == null) {
            return;
        }
        if (endOfRow == null || endOfRow.isExpired()) {
            backoff.reset();
            begin();
        } else { // A server that announces the end of each new stream receives no new one without a pause.
            long half = current.deadline.timeRemaining(TimeUnit.NANOSECONDS) / 2;
            long pause = Math.min(half, backoff.next(Optional.empty()).toNanos());
            watch.schedule(Duration.ofNanos(pause), this::begin);
        }
    }

    private void begin() {
        WatchStream<Q, R> ending = current;
        if (next != null || ending.deadline == null) { // It broke during the pause, or was announced twice.
            return;
        }
        endOfRow = Deadline.after(ROW.toNanos(), TimeUnit.NANOSECONDS);
        ending.stream.retire();
        watch.schedule(
                Duration.ofNanos(ending.deadline.timeRemaining(TimeUnit.NANOSECONDS)),
                () -> ending.stream.abort("The server did not end the stream"));
        next = newStream.apply(this);
        next.stream.start(next);
    }

    /** Half-closes the current stream if the next one has all ids. */
    void advance() {
        if (next == null || isHalfClosed || !next.isUpToDate()) {
            return;
        }
        if (watch.detach(current.ids)) { // What is added from here on is new on the next stream only.
            next.ids.awaitAll();
        }
        if (next.isUpToDate()) {
            isHalfClosed = true;
            current.stream.halfClose();
        }
    }

    void onConnected(WatchStream<Q, R> from) {
        if (!isCovered(from)) {
            inOrder(from, watch::onConnected);
        }
    }

    void onMessage(WatchStream<Q, R> from, R message) {
        watch.onMessage(from, message);
        advance();
    }

    void onBreak(WatchStream<Q, R> from, Throwable cause) {
        if (isCovered(from)) {
            held.clear();
        } else if (from == current && next != null) {
            boolean isConnected = next.isConnected || isHalfClosed;
            replaceCurrent(next);
            watch.onDisconnected(cause);
            if (isConnected) {
                watch.onConnected();
            }
            deliverHeld();
        } else {
            inOrder(from, () -> watch.onDisconnected(cause));
        }
    }

    void onFinished() {
        if (next != null) {
            replaceCurrent(next);
            deliverHeld();
        }
    }

    private void replaceCurrent(WatchStream<Q, R> replacement) {
        watch.detach(current.ids);
        current = replacement;
        next = null;
        isHalfClosed = false;
    }

    private void deliverHeld() {
        while (!held.isEmpty()) {
            held.remove().run();
        }
        current.stream.resume();
        watch.resyncIfUpToDate();
        beginIfDraining();
    }
}

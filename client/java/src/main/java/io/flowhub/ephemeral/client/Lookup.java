package io.flowhub.ephemeral.client;

import io.grpc.Context;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One look for one id, shared by all who want it meanwhile: asks the cache until it has the object, until it is this
 * process's turn to load it, or until patience ends. It runs in no caller's context, so no caller's end is its end.
 */
final class Lookup {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);

    private final Entries entries;
    private final String id;
    private final CompletableFuture<Entry> asked = new CompletableFuture<>();
    private final CompletableFuture<Optional<String>> answer;

    /**
     * @param settle makes an answer of what the cache said
     * @param end runs before anybody sees the answer, so that who asks again after it gets a new one
     */
    Lookup(
            Entries entries,
            String id,
            Function<Entry, CompletableFuture<Optional<String>>> settle,
            Consumer<Lookup> end) {
        this.entries = entries;
        this.id = id;
        this.answer = asked.thenCompose(settle).whenComplete((value, failure) -> end.accept(this));
    }

    CompletableFuture<Optional<String>> answer() {
        return answer;
    }

    void start(Duration patience) {
        endPatienceAfter(patience);
        Context.ROOT.run(() -> ask(patience, FIRST_PAUSE));
    }

    /** The shortest of those who wait counts: who has little time left is better served by a load than by nothing. */
    void endPatienceAfter(Duration patience) {
        var unused = asked.completeOnTimeout(Entry.UNKNOWN, patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void ask(Duration deadline, Duration pause) {
        long start = System.nanoTime();
        try {
            var unused = entries.get(id, deadline).whenComplete((entry, failure) -> {
                if (failure != null) {
                    fail(failure);
                } else if (entry.isOthersTurn()) {
                    Duration left = deadline.minusNanos(System.nanoTime() - start);
                    askAgain(left, shorter(pause, longer(entry.othersTime(), FIRST_PAUSE)), pause.multipliedBy(2));
                } else {
                    asked.complete(entry);
                }
            });
        } catch (RuntimeException e) { // An interceptor of the caller's threw.
            fail(e);
        }
    }

    private void askAgain(Duration left, Duration pause, Duration nextPause) {
        Duration deadline = left.minus(pause);
        if (deadline.isNegative() || deadline.isZero() || asked.isDone()) {
            return; // Patience ends before the next answer.
        }
        CompletableFuture.delayedExecutor(pause.toNanos(), TimeUnit.NANOSECONDS, Runnable::run)
                .execute(Context.ROOT.wrap(() -> ask(deadline, nextPause)));
    }

    /** Only the caller's own mistake is told. Else a cache that fails is no reason to fail. */
    private void fail(Throwable failure) {
        if (Status.fromThrowable(failure).getCode() == Status.Code.INVALID_ARGUMENT) {
            asked.completeExceptionally(failure);
        } else {
            asked.complete(Entry.UNKNOWN);
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }
}

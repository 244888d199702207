package io.flowhub.ephemeral.server.budget;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An answer that is costly to find: looked for once at a time, whoever asks meanwhile or soon after gets the same. */
final class Memoized<T> {

    private final Duration fresh;
    private final Ticker ticker;
    private final Supplier<CompletableFuture<T>> source;

    private @Nullable CompletableFuture<T> latest;
    private long beganNanos;

    /** @param fresh how long after it was asked for an answer is given again; a failure is not */
    Memoized(Duration fresh, Ticker ticker, Supplier<CompletableFuture<T>> source) {
        this.fresh = fresh;
        this.ticker = ticker;
        this.source = source;
    }

    synchronized CompletableFuture<T> get() {
        CompletableFuture<T> known = latest;
        if (known == null || !isGood(known)) {
            known = source.get();
            latest = known;
            beganNanos = ticker.read();
        }
        return known;
    }

    private boolean isGood(CompletableFuture<T> known) {
        return !known.isDone() || (!known.isCompletedExceptionally() && ticker.read() - beganNanos < fresh.toNanos());
    }
}

package io.flowhub.ephemeral.server.budget;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A costly result that concurrent callers share, and that is kept for some time. A failure is not kept. */
final class Memoized<T> {

    private final Duration maxAge;
    private final Ticker ticker;
    private final Supplier<CompletableFuture<T>> source;

    private @Nullable CompletableFuture<T> latest;
    private long startNanos;

    /** @param maxAge counted from the start of the load */
    Memoized(Duration maxAge, Ticker ticker, Supplier<CompletableFuture<T>> source) {
        this.maxAge = maxAge;
        this.ticker = ticker;
        this.source = source;
    }

    synchronized CompletableFuture<T> get() {
        CompletableFuture<T> result = latest;
        if (result == null || !isUsable(result)) {
            result = source.get();
            latest = result;
            startNanos = ticker.read();
        }
        return result;
    }

    private boolean isUsable(CompletableFuture<T> result) {
        if (!result.isDone()) {
            return true;
        }
        return !result.isCompletedExceptionally() && ticker.read() - startNanos < maxAge.toNanos();
    }
}

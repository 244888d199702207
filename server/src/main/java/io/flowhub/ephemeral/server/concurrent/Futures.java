package io.flowhub.ephemeral.server.concurrent;

import io.flowhub.ephemeral.server.error.ServiceException;
import io.flowhub.ephemeral.server.event.LogEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Combinators of futures. None of them blocks. */
public final class Futures {

    private static final Logger log = LoggerFactory.getLogger(Futures.class);
    private static final LogEvent FAILED =
            LogEvent.error("background_failed", "Unexpected error in a background operation");

    /** Completes with all results in order, or fails if one future fails. */
    public static <T> CompletableFuture<List<T>> allAsList(Collection<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .thenApply(done -> {
                    List<T> results = new ArrayList<>(futures.size());
                    for (CompletableFuture<T> future : futures) {
                        results.add(Objects.requireNonNull(future.getNow(null)));
                    }
                    return Collections.unmodifiableList(results);
                });
    }

    /**
     * Completes with all results in order. Fails only if every future fails.
     *
     * @param fallback makes the result of a future that failed; its argument may be a {@link CompletionException}
     */
    public static <T> CompletableFuture<List<T>> allSettled(
            Collection<CompletableFuture<T>> futures, Function<Throwable, T> fallback) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .handle((done, failure) -> {
                    if (failure != null && futures.stream().allMatch(CompletableFuture::isCompletedExceptionally)) {
                        throw new CompletionException(failure);
                    }
                    return futures.stream()
                            .map(future -> future.exceptionally(fallback).getNow(null)) // each is complete
                            .toList();
                });
    }

    /** For a future without a consumer. An unexpected failure is logged. */
    public static void ignore(CompletableFuture<?> future) {
        var unused = future.whenComplete((result, failure) -> {
            if (failure != null && !(unwrap(failure) instanceof ServiceException)) {
                FAILED.log(log, unwrap(failure));
            }
        });
    }

    /** The failure without the {@link CompletionException} that each stage may have added. */
    public static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private Futures() {}
}

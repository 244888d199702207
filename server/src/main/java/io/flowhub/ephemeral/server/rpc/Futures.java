package io.flowhub.ephemeral.server.rpc;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** Calls that hold several questions. */
public final class Futures {

    /**
     * Checks how many questions there are.
     *
     * @param field the field's name in the request, for the error
     * @param what what they are, in the plural, for the error
     * @throws InvalidFieldException if there are none, or more than {@code max}
     */
    public static void checkSize(String field, int size, int max, String what) {
        if (size < 1 || size > max) {
            throw new InvalidFieldException(field, size + " " + what, "1 to " + max + " " + what);
        }
    }

    /**
     * Completes with all answers, in order. One that fails leaves the others alone; only if all fail does the whole.
     *
     * @param instead what stands for an answer that failed
     */
    public static <T> CompletableFuture<List<T>> independent(
            List<CompletableFuture<T>> answers, Function<Throwable, T> instead) {
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .handle((done, failure) -> {
                    if (failure != null && answers.stream().allMatch(CompletableFuture::isCompletedExceptionally)) {
                        throw new CompletionException(failure);
                    }
                    return answers.stream()
                            .map(answer -> answer.exceptionally(instead).getNow(null)) // each is complete
                            .toList();
                });
    }

    private Futures() {}
}

package io.flowhub.ephemeral.server.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class FuturesTest {

    private final Exception trouble = new IllegalStateException("trouble");
    private final CompletableFuture<String> failed = CompletableFuture.failedFuture(trouble);

    @Test
    void resultsKeepTheOrderOfTheFutures() {
        CompletableFuture<String> slow = new CompletableFuture<>();
        List<CompletableFuture<String>> futures = List.of(slow, CompletableFuture.completedFuture("b"));
        CompletableFuture<List<String>> settled = Futures.allSettled(futures, Throwable::getMessage);
        CompletableFuture<List<String>> all = Futures.allAsList(futures);
        assertThat(List.of(settled, all)).noneMatch(CompletableFuture::isDone);
        slow.complete("a");
        assertThat(settled).isCompletedWithValue(List.of("a", "b"));
        assertThat(all).isCompletedWithValue(List.of("a", "b"));
    }

    @Test
    void allSettledReplacesAFailureByTheFallbackUnlessEveryFutureFails() {
        assertThat(Futures.allSettled(List.of(failed, CompletableFuture.completedFuture("b")), failure -> "fallback"))
                .isCompletedWithValue(List.of("fallback", "b"));
        assertThatThrownBy(() -> Futures.allSettled(List.of(failed, failed), failure -> "fallback")
                        .join())
                .hasRootCause(trouble);
    }

    @Test
    void allAsListFailsIfOneFutureFails() {
        assertThatThrownBy(() -> Futures.allAsList(List.of(CompletableFuture.completedFuture("a"), failed))
                        .join())
                .hasRootCause(trouble);
    }

    @Test
    void unwrapRemovesEveryCompletionException() {
        assertThat(Futures.unwrap(new CompletionException(new CompletionException(trouble))))
                .isSameAs(trouble);
        assertThat(Futures.unwrap(trouble)).isSameAs(trouble);
    }

    @Test
    void ignoredFutureLogsUnexpectedFailuresOnly() {
        try (CapturedLog log = CapturedLog.of(Futures.class)) {
            Futures.ignore(CompletableFuture.completedFuture("a"));
            Futures.ignore(CompletableFuture.failedFuture(new RedisUnavailableException("down")));
            assertThat(log.messages()).isEmpty();

            CompletableFuture<String> later = new CompletableFuture<>();
            Futures.ignore(later.thenApply(result -> result));
            later.completeExceptionally(trouble);
            assertThat(log.messages()).containsExactly("Unexpected error in a background operation");
            assertThat(log.thrown()).containsExactly(trouble);
        }
    }
}

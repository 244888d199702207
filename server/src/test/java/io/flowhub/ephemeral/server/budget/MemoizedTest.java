package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoizedTest {

    private final AtomicLong nanos = new AtomicLong();
    private final List<CompletableFuture<String>> asked = new ArrayList<>();
    private final Memoized<String> shared = new Memoized<>(Duration.ofSeconds(1), nanos::get, () -> {
        CompletableFuture<String> answer = new CompletableFuture<>();
        asked.add(answer);
        return answer;
    });

    @Test
    void concurrentCallersShareOneLoad() {
        CompletableFuture<String> first = shared.get();
        pass(5_000);
        assertThat(shared.get()).isSameAs(first);
        assertThat(asked).hasSize(1);
    }

    @Test
    void answerIsGivenAgainForASecond() {
        var unused = shared.get();
        asked.get(0).complete("a");
        pass(999);
        assertThat(shared.get()).isCompletedWithValue("a");
        pass(1);
        assertThat(shared.get()).isNotDone();
        assertThat(asked).hasSize(2);
    }

    @Test
    void failureIsNotGivenAgain() {
        var unused = shared.get();
        asked.get(0).completeExceptionally(new IllegalStateException());
        assertThat(shared.get()).isNotDone();
        assertThat(asked).hasSize(2);
    }

    private void pass(long millis) {
        nanos.addAndGet(millis * 1_000_000);
    }
}

package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class MemoizedTest {

    private final AtomicLong nanos = new AtomicLong();
    private final List<CompletableFuture<String>> loads = new ArrayList<>();
    private final Memoized<String> memoized = new Memoized<>(Duration.ofSeconds(1), nanos::get, () -> {
        CompletableFuture<String> load = new CompletableFuture<>();
        loads.add(load);
        return load;
    });

    @Test
    void concurrentCallersShareOneLoad() {
        CompletableFuture<String> first = memoized.get();
        pass(5_000);
        assertThat(memoized.get()).isSameAs(first);
        assertThat(loads).hasSize(1);
    }

    @Test
    void resultIsSharedForASecond() {
        assertThat(memoized.get()).isNotDone();
        loads.get(0).complete("a");
        pass(999);
        assertThat(memoized.get()).isCompletedWithValue("a");
        pass(1);
        assertThat(memoized.get()).isNotDone();
        assertThat(loads).hasSize(2);
    }

    @Test
    void failureIsNotKept() {
        assertThat(memoized.get()).isNotDone();
        loads.get(0).completeExceptionally(new IllegalStateException());
        assertThat(memoized.get()).isNotDone();
        assertThat(loads).hasSize(2);
    }

    private void pass(long millis) {
        nanos.addAndGet(millis * 1_000_000);
    }
}

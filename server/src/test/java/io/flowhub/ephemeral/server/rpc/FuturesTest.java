package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FuturesTest {

    private final Exception trouble = new IllegalStateException("trouble");

    @Test
    void answersStandInTheOrderOfTheQuestionsWhicheverComesFirst() {
        CompletableFuture<String> slow = new CompletableFuture<>();
        CompletableFuture<List<String>> all =
                Futures.independent(List.of(slow, CompletableFuture.completedFuture("b")), Throwable::getMessage);
        assertThat(all).isNotDone();
        slow.complete("a");
        assertThat(all).isCompletedWithValue(List.of("a", "b"));
    }

    @Test
    void oneThatFailsLeavesTheOthersAlone() {
        assertThat(Futures.independent(
                        List.of(CompletableFuture.failedFuture(trouble), CompletableFuture.completedFuture("b")),
                        failure -> "instead"))
                .isCompletedWithValue(List.of("instead", "b"));
    }

    @Test
    void ifAllFailTheWholeFails() {
        CompletableFuture<String> failed = CompletableFuture.failedFuture(trouble);
        assertThatThrownBy(() -> Futures.independent(List.of(failed, failed), failure -> "instead")
                        .join())
                .hasRootCause(trouble);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void sizeOutOfRangeIsRefused(int size) {
        assertThatThrownBy(() -> Futures.checkSize("requests", size, 100, "flags"))
                .hasMessage("requests: \"" + size + " flags\" (expected: 1 to 100 flags)");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100})
    void sizeInRangeIsTaken(int size) {
        assertThatCode(() -> Futures.checkSize("requests", size, 100, "flags")).doesNotThrowAnyException();
    }
}

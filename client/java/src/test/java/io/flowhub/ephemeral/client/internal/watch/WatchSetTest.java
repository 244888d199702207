package io.flowhub.ephemeral.client.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flowhub.ephemeral.client.internal.watch.WatchSet.Change;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class WatchSetTest {

    private final WatchSet<String> ids = new WatchSet<>();

    @Test
    void changesAreSplitIntoMessagesOfAtMostOneThousand() {
        ids.add(numbered(2_500));

        assertThat(Stream.generate(ids::next).limit(3))
                .extracting(change -> change.added().size())
                .containsExactly(1_000, 1_000, 500);
        assertThat(ids.next()).isNull();
    }

    @Test
    void idRemovedBeforeItIsSentIsNotAdded() {
        for (int i = 0; i < 100; i++) {
            ids.add(List.of("alice"));
            ids.remove(List.of("alice"));
        }

        assertThat(ids.next()).isEqualTo(new Change(List.of(), List.of("alice")));
        assertThat(ids.next()).isNull();
    }

    @Test
    void idRemovedAndAddedAgainIsSentAgain() {
        ids.add(List.of("alice"));
        ids.next();
        ids.update("alice", "online");
        ids.remove(List.of("alice"));
        ids.add(List.of("alice"));

        assertThat(ids.next()).isEqualTo(new Change(List.of("alice"), List.of()));
        assertThat(ids.update("alice", "online")).isTrue();
    }

    @Test
    void resetSendsAllRemainingIdsAgain() {
        ids.add(List.of("alice", "bob"));
        ids.next();
        ids.remove(List.of("bob"));
        ids.reset();

        assertThat(ids.next()).isEqualTo(new Change(List.of("alice"), List.of()));
        assertThat(ids.next()).isNull();
    }

    @Test
    void onlyChangesOfWatchedIdsAreDelivered() {
        ids.add(List.of("alice"));

        assertThat(ids.update("alice", "online")).isTrue();
        assertThat(ids.update("alice", "online")).isFalse();
        assertThat(ids.update("alice", "offline")).isTrue();
        assertThat(ids.update("bob", "online")).isFalse();
        ids.reset();
        assertThat(ids.update("alice", "offline")).isFalse();
    }

    @Test
    void allAreAcknowledgedOnceEachIdHasAnEventSinceTheReset() {
        ids.add(List.of("alice", "bob", "carol"));
        ids.update("alice", "online");
        ids.update("alice", "offline");
        ids.update("bob", "online");
        assertThat(ids.isAcknowledged()).isFalse();
        ids.remove(List.of("carol"));
        assertThat(ids.isAcknowledged()).isTrue();

        ids.reset();
        assertThat(ids.isAcknowledged()).isFalse();
        ids.update("bob", "online");
        ids.update("alice", "online");
        assertThat(ids.isAcknowledged()).isTrue();
    }

    @Test
    void moreThanTwentyThousandIdsAreRejected() {
        ids.add(numbered(20_000));

        ids.add(List.of("0")); // Already watched.
        assertThatIllegalStateException()
                .isThrownBy(() -> ids.add(List.of("one-more")))
                .withMessage("watched: 20001 (expected: at most 20000)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a", "a}", "a b", "a\tb", "a\u0085b", "a\u2003b", "a\ud800b"})
    void idThatBreaksTheRuleIsRejected(String id) {
        assertThatIllegalArgumentException().isThrownBy(() -> ids.add(List.of("good", id)));

        assertThat(ids.next()).isNull();
    }

    @Test
    void idIsMeasuredInBytes() {
        ids.add(List.of("é".repeat(64)));
        assertThatIllegalArgumentException().isThrownBy(() -> ids.add(List.of("é".repeat(65))));
    }

    private static List<String> numbered(int count) {
        return IntStream.range(0, count).mapToObj(String::valueOf).toList();
    }
}

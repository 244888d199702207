package io.flowhub.ephemeral.client.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flowhub.ephemeral.client.internal.watch.StreamIds.Change;
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
    private final StreamIds stream = ids.newStream();

    @Test
    void changesAreSplitIntoMessagesOfAtMostOneThousand() {
        ids.add(numbered(2_500));

        assertThat(Stream.generate(stream::next).limit(3))
                .extracting(change -> change.added().size())
                .containsExactly(1_000, 1_000, 500);
        assertThat(stream.next()).isNull();
    }

    @Test
    void idRemovedBeforeItIsSentIsNotAdded() {
        for (int i = 0; i < 100; i++) {
            ids.add(List.of("alice"));
            ids.remove(List.of("alice"));
        }

        assertThat(stream.next()).isEqualTo(new Change(List.of(), List.of("alice")));
        assertThat(stream.next()).isNull();
    }

    @Test
    void idRemovedAndAddedAgainIsSentAgain() {
        ids.add(List.of("alice"));
        stream.next();
        ids.update("alice", "online", 0);
        ids.remove(List.of("alice"));
        ids.add(List.of("alice"));

        assertThat(stream.next()).isEqualTo(new Change(List.of("alice"), List.of()));
        assertThat(ids.update("alice", "online", 0)).isTrue();
    }

    @Test
    void resetSendsAllRemainingIdsAgain() {
        ids.add(List.of("alice", "bob"));
        stream.next();
        ids.remove(List.of("bob"));
        ids.reset(stream);

        assertThat(stream.next()).isEqualTo(new Change(List.of("alice"), List.of()));
        assertThat(stream.next()).isNull();
    }

    @Test
    void onlyChangesOfWatchedIdsAreDelivered() {
        ids.add(List.of("alice"));

        assertThat(ids.update("alice", "online", 0)).isTrue();
        assertThat(ids.update("alice", "online", 0)).isFalse();
        assertThat(ids.update("alice", "offline", 0)).isTrue();
        assertThat(ids.update("bob", "online", 0)).isFalse();
        ids.reset(stream);
        assertThat(ids.update("alice", "offline", 0)).isFalse();
    }

    @Test
    void awaitIsOverOnceEachIdIsAcknowledgedOrRemoved() {
        ids.add(List.of("alice", "bob", "carol"));
        stream.awaitAll();
        stream.acknowledge("alice");
        stream.acknowledge("alice");
        stream.acknowledge("bob");
        assertThat(stream.isAwaitOver()).isFalse();
        ids.remove(List.of("carol"));
        assertThat(stream.isAwaitOver()).isTrue();

        ids.reset(stream);
        assertThat(stream.isAwaitOver()).isFalse();
        stream.acknowledge("bob");
        stream.acknowledge("alice");
        assertThat(stream.isAwaitOver()).isTrue();
    }

    @Test
    void idsAddedAllTheTimeDoNotKeepTheAwaitFromItsEnd() {
        ids.add(List.of("alice"));
        stream.awaitAll();
        ids.add(List.of("bob"));
        stream.acknowledge("alice");

        assertThat(stream.isAwaitOver()).isTrue();
        assertThat(stream.isAcknowledged("bob")).isFalse();
    }

    @Test
    void everyStreamReceivesEachChangeUntilItIsDetached() {
        ids.add(List.of("alice"));
        StreamIds next = ids.newStream();
        ids.add(List.of("bob"));
        assertThat(ids.detach(stream)).isTrue();
        assertThat(ids.detach(stream)).isFalse();
        ids.remove(List.of("alice"));

        assertThat(stream.next()).isEqualTo(new Change(List.of("alice", "bob"), List.of()));
        assertThat(next.next()).isEqualTo(new Change(List.of("bob"), List.of("alice")));
    }

    @Test
    void forgottenStatesAreDeliveredAgain() {
        ids.add(List.of("alice"));
        ids.update("alice", "online", 0);
        ids.forgetStates();

        assertThat(ids.update("alice", "online", 0)).isTrue();
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

        assertThat(stream.next()).isNull();
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

package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flowhub.ephemeral.client.Roster.Change;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RosterTest {

    private final Roster<String> roster = new Roster<>();

    @Test
    void changesLeaveInMessagesThatTheServerTakes() {
        roster.add(ids(2_500));

        assertThat(nextAdded()).isEqualTo(1_000);
        assertThat(nextAdded()).isEqualTo(1_000);
        assertThat(nextAdded()).isEqualTo(500);
        assertThat(roster.next()).isNull();
    }

    @Test
    void whatComesAndGoesBeforeTheServerHearsOfItIsNotAdded() {
        for (int i = 0; i < 100; i++) {
            roster.add(List.of("alice"));
            roster.remove(List.of("alice"));
        }

        assertThat(roster.next()).isEqualTo(new Change(List.of(), List.of("alice")));
        assertThat(roster.next()).isNull();
    }

    @Test
    void whatIsRemovedAndAddedAgainIsAskedForAgain() {
        roster.add(List.of("alice"));
        roster.next();
        roster.hear("alice", "here");
        roster.remove(List.of("alice"));
        roster.add(List.of("alice"));

        assertThat(roster.next()).isEqualTo(new Change(List.of("alice"), List.of()));
        assertThat(roster.hear("alice", "here")).isTrue();
    }

    @Test
    void newServerHearsOfAllThatIsLeft() {
        roster.add(List.of("alice", "bob"));
        roster.next();
        roster.remove(List.of("bob"));
        roster.startAnew();

        assertThat(roster.next()).isEqualTo(new Change(List.of("alice"), List.of()));
        assertThat(roster.next()).isNull();
    }

    @Test
    void onlyWhatIsWantedAndNewIsNews() {
        roster.add(List.of("alice"));

        assertThat(roster.hear("alice", "here")).isTrue();
        assertThat(roster.hear("alice", "here")).isFalse();
        assertThat(roster.hear("alice", "gone")).isTrue();
        assertThat(roster.hear("bob", "here")).isFalse();
        roster.startAnew();
        assertThat(roster.hear("alice", "gone")).isFalse();
    }

    @Test
    void allIsHeardOnceSomethingWasSaidOfEachSinceTheStart() {
        roster.add(List.of("alice", "bob", "carol"));
        roster.hear("alice", "here");
        roster.hear("alice", "gone");
        roster.hear("bob", "here");
        assertThat(roster.isHeard()).isFalse();
        roster.remove(List.of("carol"));
        assertThat(roster.isHeard()).isTrue();

        roster.startAnew();
        assertThat(roster.isHeard()).isFalse();
        roster.hear("bob", "here");
        roster.hear("alice", "here");
        assertThat(roster.isHeard()).isTrue();
    }

    @Test
    void moreThanAStreamHoldsIsRefused() {
        roster.add(ids(20_000));

        roster.add(List.of("0")); // Is there already.
        assertThatIllegalStateException()
                .isThrownBy(() -> roster.add(List.of("one-more")))
                .withMessage("watched: 20001 (expected: at most 20000)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a", "a}", "a b", "a\tb", "a\u0085b", "a\u2003b", "a\ud800b"})
    void idForWhichTheServerWouldEndTheStreamIsRefused(String id) {
        assertThatIllegalArgumentException().isThrownBy(() -> roster.add(List.of("good", id)));

        assertThat(roster.next()).isNull();
    }

    @Test
    void idIsMeasuredInBytes() {
        roster.add(List.of("é".repeat(64)));
        assertThatIllegalArgumentException().isThrownBy(() -> roster.add(List.of("é".repeat(65))));
    }

    private int nextAdded() {
        Change next = roster.next();
        return next == null ? 0 : next.added().size();
    }

    private static List<String> ids(int count) {
        return IntStream.range(0, count).mapToObj(String::valueOf).toList();
    }
}

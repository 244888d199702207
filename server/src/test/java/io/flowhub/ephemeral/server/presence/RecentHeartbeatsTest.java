package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class RecentHeartbeatsTest {

    private long nanos;
    private final RecentHeartbeats heartbeats = new RecentHeartbeats(() -> nanos);

    private void passMillis(long millis) {
        nanos += TimeUnit.MILLISECONDS.toNanos(millis);
    }

    @Test
    void ageIsThatOfTheLastHeartbeatOfEachUser() {
        assertThat(heartbeats.add("alice", nanos)).isTrue();
        passMillis(5);
        assertThat(heartbeats.addAll(List.of("x", "bob", "y", "alice"), List.of(0, 2), nanos))
                .isFalse();
        passMillis(7);
        heartbeats.add("carol", nanos);
        assertThat(heartbeats.drain()).containsOnly(entry("alice", 7L), entry("bob", 7L), entry("carol", 0L));
        assertThat(heartbeats.drain()).isEmpty();
        assertThat(heartbeats.add("alice", nanos)).as("the first one since").isTrue();
    }

    @Test
    void heartbeatsOfAUserThatWentOfflineAreDropped() {
        heartbeats.add("alice", nanos);
        heartbeats.add("bob", nanos);
        heartbeats.forget("alice");
        assertThat(heartbeats.drain()).containsOnlyKeys("bob");
        heartbeats.forget("alice");
        heartbeats.add("alice", nanos);
        assertThat(heartbeats.drain()).as("those of the next session are not").containsOnlyKeys("alice");
    }

    @Test
    void numberOfUsersIsBoundedThatOfHeartbeatsIsNot() {
        for (int i = 0; i < 2 * RecentHeartbeats.MAX_USERS; i++) {
            heartbeats.add("alice", nanos);
        }
        heartbeats.addAll(PresenceCalls.users("user", RecentHeartbeats.MAX_USERS), List.of(), nanos);
        heartbeats.add("late", nanos);
        assertThat(heartbeats.drain())
                .hasSize(RecentHeartbeats.MAX_USERS)
                .containsKey("alice")
                .doesNotContainKey("late");
        heartbeats.add("late", nanos);
        assertThat(heartbeats.drain()).containsOnlyKeys("late");
    }

    @Test
    void lateReplyOfAnEarlierHeartbeatDoesNotMakeAUserOlder() {
        passMillis(10);
        heartbeats.add("alice", nanos);
        heartbeats.add("alice", nanos - TimeUnit.MILLISECONDS.toNanos(5));
        assertThat(heartbeats.drain()).containsExactly(entry("alice", 0L));
    }
}

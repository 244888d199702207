package io.flowhub.ephemeral.server.presence;

import static io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase.OFFLINE;
import static io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase.ONLINE;
import static io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase.SNAPSHOT;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.OnEveryTopology;
import io.flowhub.ephemeral.server.presence.WatchPresenceReader.UserEvent;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every transition of a user reaches each stream that watches the user, on every server. */
@Tag("contract")
@OnEveryTopology
class WatchPresenceContractTest extends PresenceSuite {

    /** The benchmark measures the documented 250 ms; here other tests use the machine too. */
    private static final Duration OFFLINE_SOON = Duration.ofMillis(TTL_MILLIS + 2_000);

    @Test
    void snapshotComesFirstThenEachTransitionAtBothServersAndVersionsGrow() {
        try (WatchPresenceReader here = first.watch(List.of(user));
                WatchPresenceReader there = second.watch(List.of(user))) {
            for (int i = 0; i < 3; i++) {
                server(i).heartbeat(user);
                here.await(true, user);
                there.await(true, user);
                if (i == 1) {
                    first.setOffline(user);
                }
                here.await(OFFLINE_SOON, false, List.of(user));
                there.await(OFFLINE_SOON, false, List.of(user));
            }
            for (WatchPresenceReader watcher : List.of(here, there)) {
                assertThat(watcher.kinds(user))
                        .containsExactly(SNAPSHOT, ONLINE, OFFLINE, ONLINE, OFFLINE, ONLINE, OFFLINE);
                assertThat(watcher.events(user))
                        .extracting(event -> event.state().getVersion())
                        .isSorted()
                        .doesNotHaveDuplicates();
                assertThat(watcher.markers()).isEmpty();
            }
        }
    }

    @Test
    void snapshotHasTheStateOfEachUserAndAUserAddedAgainIsSentInANewOne() {
        List<String> users = PresenceCalls.users(user, 3);
        first.heartbeat(users.get(1));
        try (WatchPresenceReader watcher = second.watch(users)) {
            assertThat(users.stream().map(watcher.latest()::get)).containsExactly(false, true, false);
            first.heartbeat(users.get(0));
            watcher.await(true, users.get(0));
            watcher.add(users.subList(0, 1)).awaitEvents(users.get(0), 3);
            assertThat(watcher.kinds(users.get(0))).containsExactly(SNAPSHOT, ONLINE, SNAPSHOT);
            assertThat(watcher.latest()).containsEntry(users.get(0), true);
        }
    }

    @Test
    void usersAreAddedAndRemovedOnTheOpenStreamAndHeartbeatsOfAnOnlineUserAreNoEvents() {
        String removed = user + "-removed";
        String added = user + "-added";
        try (WatchPresenceReader watcher = second.watch(List.of(user, removed))) {
            first.heartbeat(user);
            watcher.await(true, user);
            var request = WatchPresenceRequest.newBuilder().addAddUserIds(added).addRemoveUserIds(removed);
            watcher.send(request.build());
            watcher.awaitSnapshotOf(List.of(added));
            first.heartbeat(removed);
            for (int i = 0; i < 20; i++) {
                server(i).heartbeat(user, i % 2 == 0 ? "" : "phone");
            }
            first.heartbeat(added);
            watcher.await(true, added);
            assertThat(watcher.kinds(user)).containsExactly(SNAPSHOT, ONLINE);
            assertThat(watcher.kinds(removed)).containsExactly(SNAPSHOT);
            assertThat(watcher.kinds(added)).containsExactly(SNAPSHOT, ONLINE);
        }
    }

    @Test
    void endOfAConnectionIsAnEventOnlyIfItWasTheLast() {
        try (WatchPresenceReader watcher = second.watch(List.of(user))) {
            first.heartbeat(user, "phone");
            first.heartbeat(user, "desk");
            first.setOffline(user, "phone");
            watcher.await(true, user);
            watcher.await(OFFLINE_SOON, false, List.of(user)); // the desk expired
            first.heartbeat(user, "phone");
            watcher.await(true, user);
            first.setOffline(user, "phone");
            watcher.awaitEvents(user, 5);
            assertThat(watcher.kinds(user)).containsExactly(SNAPSHOT, ONLINE, OFFLINE, ONLINE, OFFLINE);
        }
    }

    /** The stream of a gateway that sends the heartbeats of thousands of users breaks. */
    @Test
    void allUsersOfADeadGatewayAreReportedOfflineOnceAndNoneTooEarly() {
        List<String> users = PresenceCalls.users(user, 5_000);
        Map<String, Long> lastHeartbeats = new HashMap<>();
        try (WatchPresenceReader watcher = second.watch(users)) {
            try (Gateway gateway = first.gateway()) {
                gateway.heartbeat(users);
                for (int from = 0; from < users.size(); from += 1_000) { // the users do not all expire at once
                    List<String> some = users.subList(from, from + 1_000);
                    long before = redisMicros();
                    gateway.heartbeat(some);
                    some.forEach(one -> lastHeartbeats.put(one, before));
                }
            }
            watcher.await(
                    Duration.ofMillis(TTL_MILLIS + 5_000),
                    "OFFLINE of each user",
                    () -> watcher.usersOf(OFFLINE).size() >= users.size());

            assertThat(watcher.usersOf(ONLINE)).containsExactlyInAnyOrderElementsOf(users);
            assertThat(watcher.usersOf(OFFLINE)).containsExactlyInAnyOrderElementsOf(users);
            assertThat(watcher.events().filter(event -> event.kind() == OFFLINE))
                    .extracting(UserEvent::state)
                    .allMatch(state -> state.getVersion()
                            >= lastHeartbeats.getOrDefault(state.getUserId(), Long.MAX_VALUE / 2) + TTL_MILLIS * 1_000);
        }
    }
}

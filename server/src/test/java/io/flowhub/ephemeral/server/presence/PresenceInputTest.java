package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Invalid input on a stream ends that stream with an error that names the field, and no other stream. */
@Tag("contract")
@Tag("quick")
class PresenceInputTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private static TestServer server;
    private static PresenceCalls calls;

    private final String user = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        calls = new PresenceCalls(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void moreThanAThousandUsersInAMessageEndThatStreamOnly() {
        try (WatchPresenceReader other = calls.watch(List.of(user))) {
            assertRejected("add_user_ids", PresenceCalls.users(user, 1_001), List.of());
            assertRejected("remove_user_ids", List.of(), PresenceCalls.users(user, 1_001));
            assertReceivesEvents(other);
        }
    }

    @Test
    void moreThanTwentyThousandUsersOnAStreamEndThatStreamOnly() {
        List<String> users = PresenceCalls.users(user, 20_001);
        try (WatchPresenceReader other = calls.watch(List.of(user));
                WatchPresenceReader watcher = calls.watch(users.subList(0, 20_000))) {
            watcher.send(List.of(users.get(0)), List.of()); // is watched already
            watcher.send(List.of(users.get(20_000)), List.of(users.get(1)));
            watcher.awaitSnapshotOf(List.of(users.get(20_000)));
            watcher.send(List.of(users.get(1)), List.of());
            StatusAssert.invalidField("add_user_ids", () -> {
                throw watcher.reader().awaitFailure(SOON);
            });
            assertReceivesEvents(other);
        }
    }

    private void assertReceivesEvents(WatchPresenceReader other) {
        calls.heartbeat(user);
        other.await(true, user);
        assertThat(other.reader().hasEnded()).isFalse();
    }

    private static void assertRejected(String field, List<String> added, List<String> removed) {
        try (WatchPresenceReader watcher = new WatchPresenceReader(server.channel())) {
            watcher.send(added, removed);
            StatusAssert.invalidField(field, () -> {
                throw watcher.reader().awaitFailure(SOON);
            });
        }
    }
}

package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A server dies while it looks for silent users: another one does the rest. */
class DyingSweeperTest {

    private static final Duration TTL = Duration.ofSeconds(1);

    /** The lease, the look of another server, and some room for a busy machine. */
    private static final Duration LEASE = Duration.ofSeconds(3);

    private RedisProcess process;
    private PresenceHarness dying;
    private PresenceAnnouncements announced;

    @BeforeEach
    void start() throws Exception {
        process = RedisProcess.start();
        dying = new PresenceHarness(process.url(), TTL);
        announced = PresenceAnnouncements.of(dying.redis());
    }

    @AfterEach
    void stop() {
        dying.close();
        process.close();
    }

    @Test
    void userClaimedByADeadSweeperIsAnnouncedOnceByAnother() throws Exception {
        dieWithAUserInHand();
        try (TestServer other = TestServer.on(process.url(), "presence.ttl: 1s");
                WatchPresenceReader watcher = new PresenceCalls(other.channel()).watch(List.of("alice", "bob"))) {
            Eventually.within(
                    LEASE,
                    "2 announcements of alice",
                    () -> announced.of("alice").size() == 2);
            anotherUserComesAndGoes(other, watcher);
            assertThat(announced.of("alice")).containsExactly(true, false);
        }
    }

    @Test
    void userAnnouncedButNotRemovedByADeadSweeperIsReportedOnce() throws Exception {
        try (TestServer other = TestServer.on(process.url(), "presence.ttl: 60s"); // does not look for anybody yet
                WatchPresenceReader watcher = new PresenceCalls(other.channel()).watch(List.of("alice", "bob"))) {
            dieWithAUserInHand();
            Eventually.within(
                    Duration.ofSeconds(5),
                    "the sweeper announces the user",
                    () -> dying.claim("alice") == -2); // Redis was just started
            watcher.await(false, "alice");
            try (TestServer third = TestServer.on(process.url(), "presence.ttl: 1s")) {
                Eventually.within(
                        LEASE,
                        "3 announcements of alice",
                        () -> announced.of("alice").size() == 3);
                anotherUserComesAndGoes(third, watcher);
            }
            assertThat(announced.of("alice")).containsExactly(true, false, false);
            assertThat(watcher.kinds("alice")).containsExactly(EventCase.SNAPSHOT, EventCase.ONLINE, EventCase.OFFLINE);
        }
    }

    /** Alice fell silent and was taken, and nothing more is done. */
    private void dieWithAUserInHand() throws Exception {
        dying.beats().beat(new Heartbeat("alice", "")).get(5, TimeUnit.SECONDS);
        Eventually.within(
                Duration.ofSeconds(5),
                "the sweeper claims the user",
                () -> dying.takeDue().contains("alice"));
    }

    /** All events about other users have arrived by then. */
    private static void anotherUserComesAndGoes(TestServer server, WatchPresenceReader watcher) {
        new PresenceCalls(server.channel()).beat("bob");
        watcher.await(true, "bob");
        watcher.await(false, "bob");
    }
}

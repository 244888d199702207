package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server is killed in the middle of a sweep: another one completes it. */
@Tag("fault")
class DyingSweeperTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    /** The time of a claim, the pause of another sweeper, and a reserve for a busy machine. */
    private static final Duration CLAIM = Duration.ofSeconds(3);

    private final RedisProcess process = RedisProcess.start();
    private final PresenceHarness dying = new PresenceHarness(process, Duration.ofSeconds(1));

    @AfterEach
    void stop() {
        dying.close();
        process.close();
    }

    @Test
    void userClaimedByADeadSweeperIsAnnouncedOnceByAnother() {
        dieAfterClaimingAUser();
        try (TestServer other = TestServer.on(process.url(), "presence.ttl: 1s");
                WatchPresenceReader watcher = new PresenceCalls(other.channel()).watch(List.of("alice", "bob"))) {
            dying.awaitAnnounced(CLAIM, "alice", 2);
            anotherUserGoesOnlineAndOffline(other, watcher);
            assertThat(dying.announced("alice")).containsExactly(true, false);
        }
    }

    @Test
    void userAnnouncedButNotRemovedByADeadSweeperIsReportedOnce() {
        try (TestServer other = TestServer.on(process.url(), "presence.ttl: 60s"); // checks no user during this test
                WatchPresenceReader watcher = new PresenceCalls(other.channel()).watch(List.of("alice", "bob"))) {
            dieAfterClaimingAUser();
            // Not in the first second of Redis.
            Eventually.within(SOON, "alice is announced offline", () -> dying.announceIfOffline("alice") == -2);
            watcher.await(false, "alice");
            try (TestServer third = TestServer.on(process.url(), "presence.ttl: 1s")) {
                dying.awaitAnnounced(CLAIM, "alice", 3);
                anotherUserGoesOnlineAndOffline(third, watcher);
            }
            assertThat(dying.announced("alice")).containsExactly(true, false, false);
            assertThat(watcher.kinds("alice")).containsExactly(EventCase.SNAPSHOT, EventCase.ONLINE, EventCase.OFFLINE);
        }
    }

    /** The heartbeats of alice stop and a sweeper claims alice, but does not check or reschedule. */
    private void dieAfterClaimingAUser() {
        dying.heartbeat("alice");
        Eventually.within(SOON, "alice is claimed", () -> dying.claimDue().contains("alice"));
    }

    /** When this returns, all earlier announcements have been received. */
    private static void anotherUserGoesOnlineAndOffline(TestServer server, WatchPresenceReader watcher) {
        new PresenceCalls(server.channel()).heartbeat("bob");
        watcher.await(true, "bob");
        watcher.await(false, "bob");
    }
}

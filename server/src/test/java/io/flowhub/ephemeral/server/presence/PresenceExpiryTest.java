package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

/**
 * Redis expires a key after its last millisecond: at PTTL 0 a user is still online. And a sweeper may be killed in the middle of
 * a sweep: another one completes it.
 */
@Tag("contract")
class PresenceExpiryTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final int CYCLES = 500;
    private static final int HEARTBEATS = 100_000;
    private static final int CONCURRENT = 50;

    /** A fast machine continues until the race has had this many transitions to offline. */
    private static final int TRANSITIONS = 1_000;

    /** The time of a claim, the pause of another sweeper, and a reserve for a busy machine. */
    private static final Duration CLAIM = Duration.ofSeconds(3);

    @AutoClose
    private final RedisProcess process = RedisProcess.start();

    @Test
    void userIsOnlineInTheLastMillisecondAndAnnouncedOfflineAfterIt() throws Exception {
        try (Jedis jedis = process.jedis();
                PresenceHarness harness = new PresenceHarness(process, Duration.ofMillis(4))) {
            int inTheLastMillisecond = 0;
            List<String> users = new ArrayList<>();
            for (int cycle = 0; cycle < CYCLES || inTheLastMillisecond < 10; cycle++) {
                String user = "user-" + cycle;
                users.add(user);
                assertThat(harness.heartbeat(user)).isTrue();
                for (long left = 1; left != -2; left = harness.announceIfOffline(user)) {
                    inTheLastMillisecond += left == 0 ? 1 : 0;
                }
                assertThat(jedis.exists("presence:" + user)).as(user).isFalse();
            }
            harness.awaitAnnounced(SOON, users.get(users.size() - 1), 2);
            assertThat(users)
                    .allSatisfy(user -> assertThat(harness.announced(user)).containsExactly(true, false));
        }
    }

    /** The sweeper checks some users in their last millisecond. If it missed one, that user would never go offline. */
    @Test
    void noUserIsMissedByASweeper() throws Exception {
        try (PresenceHarness harness = new PresenceHarness(process, Duration.ofMillis(10))) {
            harness.startSweeper();
            List<String> users = PresenceCalls.users("user", 2_000);
            users.forEach(harness::heartbeat);
            Eventually.within(Duration.ofSeconds(10), "every user is announced offline", () -> {
                var latest = harness.latestAnnounced();
                return latest.size() == users.size() && !latest.containsValue(true);
            });
            assertThat(harness.announced()).hasSize(2 * users.size());
        }
    }

    /** Heartbeats race the expiry of their users, while two servers sweep. */
    @Test
    @Timeout(60)
    void lastAnnouncementOfEachUserAgreesWithTheKey() throws Exception {
        List<String> users = PresenceCalls.users("user", 200);
        Random random = new Random(1);
        try (Jedis jedis = process.jedis();
                PresenceHarness one = new PresenceHarness(process, Duration.ofMillis(8));
                PresenceHarness other = new PresenceHarness(process, Duration.ofMillis(8));
                PresenceHarness steady = new PresenceHarness(process, Duration.ofSeconds(60))) {
            // In its first second Redis announces no user offline.
            Eventually.within(
                    SOON,
                    "Redis is up for a second",
                    () -> !jedis.info("server").contains("uptime_in_seconds:0"));
            one.startSweeper();
            other.startSweeper();
            for (int sent = 0; sent < HEARTBEATS || transitionsToOffline(one) < TRANSITIONS; sent += CONCURRENT) {
                CompletableFuture.allOf(Stream.generate(() -> users.get(random.nextInt(users.size())))
                                .limit(CONCURRENT)
                                .map(user -> (random.nextBoolean() ? one : other).startHeartbeat(user))
                                .toArray(CompletableFuture<?>[]::new))
                        .get(5, TimeUnit.SECONDS);
            }
            users.subList(0, 100).forEach(steady::heartbeat); // half of the users end online
            Eventually.within(
                    Duration.ofSeconds(20),
                    "the keys agree with the announcements",
                    () -> users.stream()
                            .allMatch(user -> Boolean.valueOf(jedis.exists("presence:" + user))
                                    .equals(one.latestAnnounced().get(user))));

            assertThat(one.latestAnnounced()).hasSize(users.size()).containsValues(true, false);
        }
    }

    /** On a Cluster, the index may be on a master that lost nothing, and the user on a master that restarted. */
    @Test
    void recentlyStartedRedisAnnouncesNoUserOffline() throws Exception {
        try (PresenceHarness harness = new PresenceHarness(process, Duration.ofSeconds(60))) {
            assertThat(harness.announceIfOffline("alice"))
                    .as("ms until the next check")
                    .isEqualTo(60_000);
            harness.heartbeat("bob");
            harness.awaitAnnounced(WatchPresenceReader.SOON, "bob", 1);
            assertThat(harness.announced("alice")).isEmpty();
        }
    }

    @Test
    @Tag("fault")
    void userClaimedByADeadSweeperIsAnnouncedOnceByAnother() {
        try (PresenceHarness dying = claimAliceAndDie();
                TestServer other = TestServer.on(process.url(), "presence.ttl: 1s");
                WatchPresenceReader watcher = new PresenceCalls(other.channel()).watch(List.of("alice", "bob"))) {
            dying.awaitAnnounced(CLAIM, "alice", 2);
            anotherUserGoesOnlineAndOffline(other, watcher);
            assertThat(dying.announced("alice")).containsExactly(true, false);
        }
    }

    @Test
    @Tag("fault")
    void userAnnouncedButNotRemovedByADeadSweeperIsReportedOnce() {
        try (TestServer other = TestServer.on(process.url(), "presence.ttl: 60s"); // checks no user during this test
                WatchPresenceReader watcher = new PresenceCalls(other.channel()).watch(List.of("alice", "bob"));
                PresenceHarness dying = claimAliceAndDie()) {
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
    private PresenceHarness claimAliceAndDie() {
        PresenceHarness dying = new PresenceHarness(process, Duration.ofSeconds(1));
        dying.heartbeat("alice");
        Eventually.within(SOON, "alice is claimed", () -> dying.claimDue().contains("alice"));
        return dying;
    }

    /** When this returns, all earlier announcements have been received. */
    private static void anotherUserGoesOnlineAndOffline(TestServer server, WatchPresenceReader watcher) {
        new PresenceCalls(server.channel()).heartbeat("bob");
        watcher.await(true, "bob");
        watcher.await(false, "bob");
    }

    private static long transitionsToOffline(PresenceHarness harness) {
        return harness.announced().stream().filter(state -> !state.online()).count();
    }
}

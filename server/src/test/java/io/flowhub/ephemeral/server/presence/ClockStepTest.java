package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/**
 * The clock of Redis is set: back after it was an hour ahead, so that what was written in this time has times of an hour
 * from now, or ahead, so that keys expire at once. The tests write, or delete, what that leaves.
 */
@Tag("contract")
class ClockStepTest {

    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

    @AutoClose
    private final TestServer server = TestServer.withRedis("presence.ttl: 1s");

    @AutoClose
    private final Jedis redis = server.redis().jedis();

    private final PresenceCalls calls = new PresenceCalls(server.channel());

    @Test
    void watchesFollowAClockThatWasSetBack() {
        try (WatchPresenceReader watcher = calls.watch(List.of("alice", "bob"))) {
            announceOnlineAnHourAhead("alice");
            watcher.await(true, "alice");

            calls.heartbeat("alice");
            calls.setOffline("alice");
            watcher.await(false, "alice");
            calls.heartbeat("bob");
            watcher.await(true, "bob");
            watcher.awaitMarker(EventCase.RESYNCED);
            assertThat(watcher.markers())
                    .as("the versions before and after it do not compare")
                    .containsExactly(EventCase.STALE, EventCase.RESYNCED);
        }
    }

    @Test
    void usersWithoutHeartbeatsAreReportedOffline() {
        try (BackgroundHeartbeats others = new BackgroundHeartbeats(server.channel(), List.of("bob"), 300);
                WatchPresenceReader watcher = calls.watch(List.of("alice", "bob"))) {
            calls.heartbeat("alice");
            watcher.await(true, "alice");
            moveAnHourAhead("alice");
            announceOnlineAnHourAhead("carol");

            calls.heartbeat("dave");
            watcher.await(false, "alice");
            assertThat(watcher.latest()).containsEntry("bob", true);
            assertThat(others).isNotNull();
        }
    }

    @Test
    void usersAreReportedOfflineAlthoughNothingWasAnnouncedSince() {
        try (WatchPresenceReader watcher = calls.watch(List.of("alice"))) {
            calls.heartbeat("alice");
            watcher.await(true, "alice");
            moveAnHourAhead("alice");
            watcher.await(false, "alice");
            assertThat(calls.isOnline("alice")).isFalse();
        }
    }

    @Test
    void usersThatExpireWithTheirIndexAreReportedOffline() {
        try (WatchPresenceReader watcher = calls.watch(List.of("alice"))) {
            calls.heartbeat("alice");
            watcher.await(true, "alice");
            redis.del("presence:alice", "presence:index:0");
            announceOnlineAnHourAhead("carol");
            watcher.await(false, "alice");
        }
    }

    /** The end of a connection that Redis stores as an hour from now does not keep the user online for an hour. */
    @Test
    void endOfAConnectionIsTheEndOfTheUserSoon() {
        calls.heartbeat("alice", "phone");
        redis.zadd("{presence:alice}:connections", (double) inAnHour(), "lost");
        calls.setOffline("alice", "phone");
        assertThat(redis.pttl("presence:alice")).isLessThanOrEqualTo(60_000);
    }

    private void announceOnlineAnHourAhead(String user) {
        redis.publish("ephemeral:presence", "another 1 " + inAnHour() * 1_000 + " " + user);
    }

    private void moveAnHourAhead(String user) {
        redis.zadd("presence:index:0", (double) inAnHour(), user);
        redis.pexpire("presence:" + user, HOUR_MILLIS);
        Eventually.soon("the key lives for an hour", () -> redis.pttl("presence:" + user) > HOUR_MILLIS / 2);
    }

    private static long inAnHour() {
        return Instant.now().toEpochMilli() + HOUR_MILLIS;
    }
}

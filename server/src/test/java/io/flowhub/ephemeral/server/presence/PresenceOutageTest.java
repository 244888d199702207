package io.flowhub.ephemeral.server.presence;

import static io.flowhub.ephemeral.server.presence.WatchPresenceReader.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Outage;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.GetPresenceResponse;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Streams stay open while Redis is unavailable or restarts without its data, and recover soon after it. */
@Tag("fault")
class PresenceOutageTest {

    private static final Duration RECOVERY = Duration.ofSeconds(2);

    private final List<String> steady = PresenceCalls.users("steady", 300);
    private final List<String> silent = PresenceCalls.users("silent", 30);
    private final List<String> all =
            Stream.of(steady, silent).flatMap(List::stream).toList();

    @AutoClose
    private final TestServer server = TestServer.withRedis("presence.ttl: 2s");

    private final RedisProcess redis = server.redis();
    private final PresenceCalls calls = new PresenceCalls(server.channel());

    @ParameterizedTest
    @EnumSource
    void streamOfHeartbeatsStaysOpenAndRejectsEachFrameAsAWhole(Outage outage) throws Exception {
        List<String> users = PresenceCalls.users("user", 100);
        try (Gateway gateway = calls.gateway()) {
            gateway.heartbeat(users);
            outage.begin(redis);
            assertThat(gateway.exchange(users).getRejectedList())
                    .as("either each, before the outage is detected, or one")
                    .hasSizeBetween(1, 100)
                    .allMatch(rejected -> rejected.getErrorReason().equals("ERROR_REASON_REDIS_UNAVAILABLE"))
                    .extracting(RejectedHeartbeat::getIndex)
                    .doesNotHaveDuplicates();
            Eventually.soon("a frame is rejected as a whole", () -> {
                StreamHeartbeatsResponse response = gateway.exchange(users);
                return response.getRejectedCount() == 1
                        && response.getRejected(0).getIndex() == -1
                        && response.getRejected(0).getErrorReason().equals("ERROR_REASON_REDIS_UNAVAILABLE");
            });
            outage.end(redis);
            Eventually.within(
                    RECOVERY,
                    "all heartbeats are accepted",
                    () -> gateway.exchange(users).getRejectedCount() == 0);
            assertThat(calls.getAll(users)).allMatch(GetPresenceResponse::getOnline);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1_000, 3_000})
    void userWithHeartbeatsStaysOnlineAndASilentUserIsReportedOffline(long outageMillis) throws Exception {
        try (BackgroundHeartbeats heartbeats = new BackgroundHeartbeats(server.channel(), steady, 500);
                BackgroundHeartbeats silentHeartbeats = new BackgroundHeartbeats(server.channel(), silent, 500);
                WatchPresenceReader watcher = calls.watch(all)) {
            redis.kill();
            watcher.awaitMarker(EventCase.STALE);
            silentHeartbeats.stop(silent);
            TimeUnit.MILLISECONDS.sleep(outageMillis);
            redis.restart();
            watcher.awaitMarker(EventCase.RESYNCED);

            assertThat(watcher.markers()).containsExactly(EventCase.STALE, EventCase.RESYNCED);
            assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(silent);
            assertThat(watcher.latest())
                    .allSatisfy((user, online) -> assertThat(online).as(user).isEqualTo(calls.isOnline(user)))
                    .doesNotContainEntry(steady.get(0), false);

            heartbeats.stop(steady);
            watcher.await(SOON, false, steady);
        }
    }

    /** As after a failover to a replica with an earlier clock. */
    @Test
    void changeIsReportedAlsoIfTheClockOfRedisIsEarlierAfterTheOutage() throws Exception {
        String user = silent.get(0);
        try (WatchPresenceReader watcher = calls.watch(List.of(user))) {
            try (Jedis jedis = redis.jedis()) {
                long inAnHour = (System.currentTimeMillis() + 3_600_000) * 1_000;
                jedis.publish(PresenceStore.CHANNEL, "tag 1 " + inAnHour + " " + user);
            }
            watcher.await(true, user);
            redis.kill();
            watcher.awaitMarker(EventCase.STALE);
            redis.restart();
            watcher.awaitMarker(EventCase.RESYNCED);
            assertThat(watcher.latest()).containsEntry(user, false);
            calls.heartbeat(user);
            watcher.await(true, user);
        }
    }

    /** A user without a key may be online, whichever stream asks for it. */
    @Test
    void userAddedByAnotherStreamDuringAnOutageIsNotReportedOffline() throws Exception {
        try (WatchPresenceReader watcher = calls.watch(steady);
                BackgroundHeartbeats heartbeats = new BackgroundHeartbeats(server.channel(), steady, 1_500)) {
            watcher.await(SOON, true, steady);
            redis.kill();
            watcher.awaitMarker(EventCase.STALE);
            redis.restart();
            try (WatchPresenceReader another = new WatchPresenceReader(server.channel(), false)) {
                another.add(steady).awaitSnapshotOf(steady);
                watcher.awaitMarker(EventCase.RESYNCED);
                assertThat(watcher.usersOf(EventCase.OFFLINE)).isEmpty();
                assertThat(another.latest().values()).doesNotContain(false);
            }
            heartbeats.stop(steady);
            watcher.await(SOON, false, steady);
        }
    }

    /** The restart is too short for the health check of the server: only data is lost. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void noUserIsReportedOfflineWhenRedisLostItsData(int times) throws Exception {
        try (WatchPresenceReader watcher = calls.watch(all);
                BackgroundHeartbeats heartbeats = new BackgroundHeartbeats(server.channel(), steady, 600)) {
            watcher.await(SOON, true, steady);
            for (int i = 0; i < times; i++) {
                TimeUnit.MILLISECONDS.sleep(500); // less than the TTL, and the reads of the start are done
                redis.kill();
                redis.restart();
            }
            watcher.awaitMarker(EventCase.RESYNCED);
            heartbeats.resume(silent);
            watcher.await(SOON, true, silent);
            assertThat(watcher.usersOf(EventCase.OFFLINE)).isEmpty();
        }
    }
}

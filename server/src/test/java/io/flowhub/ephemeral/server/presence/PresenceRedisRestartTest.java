package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Redis is killed and comes back empty under a watch. */
class PresenceRedisRestartTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final List<String> steady = PresenceCalls.users("steady", 300);
    private final List<String> silent = PresenceCalls.users("silent", 30);
    private final List<String> absent = PresenceCalls.users("absent", 30);

    @ParameterizedTest
    @ValueSource(longs = {1_000, 3_000})
    void userWithHeartbeatsStaysOnlineAndASilentUserIsReportedOffline(long awayMillis) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), "presence.ttl: 2s");
                BackgroundHeartbeats beating = BackgroundHeartbeats.begin(server.channel(), steady, 500);
                BackgroundHeartbeats fading = BackgroundHeartbeats.begin(server.channel(), silent, 500);
                WatchPresenceReader watcher =
                        new PresenceCalls(server.channel()).watch(PresenceCalls.all(steady, silent))) {
            redis.kill();
            watcher.awaitMark(SOON, EventCase.STALE);
            fading.silence(silent);
            TimeUnit.MILLISECONDS.sleep(awayMillis);
            redis.restart();
            watcher.awaitMark(SOON, EventCase.RESYNCED);

            assertThat(watcher.marks()).containsExactly(EventCase.STALE, EventCase.RESYNCED);
            assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(silent);
            assertThat(watcher.latest())
                    .allSatisfy((user, online) ->
                            assertThat(online).as(user).isEqualTo(new PresenceCalls(server.channel()).isOnline(user)));
            assertThat(watcher.latest()).doesNotContainEntry(steady.get(0), false);

            beating.silence(steady);
            watcher.await(SOON, false, steady);
        }
    }

    /** Too short for the server to take Redis for unavailable: only its data is lost. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void noUserIsReportedOfflineWhenRedisLostItsData(int times) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), "presence.ttl: 2s");
                WatchPresenceReader watcher =
                        new PresenceCalls(server.channel()).watch(PresenceCalls.all(steady, absent));
                BackgroundHeartbeats beating = BackgroundHeartbeats.begin(server.channel(), steady, 600)) {
            watcher.await(SOON, true, steady);
            for (int i = 0; i < times; i++) {
                TimeUnit.MILLISECONDS.sleep(
                        500); // less than the time-to-live, and all is read that is read at the start
                redis.kill();
                redis.restart();
            }
            watcher.awaitMark(SOON, EventCase.RESYNCED);
            beating.rouse(absent);
            watcher.await(SOON, true, absent);
            assertThat(watcher.usersOf(EventCase.OFFLINE)).isEmpty();
        }
    }

    /** The index may be on another master of a Cluster than the user, and have lost nothing. */
    @Test
    void recentlyStartedRedisAnnouncesNoUser() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                PresenceHarness door = new PresenceHarness(redis.url(), Duration.ofSeconds(60))) {
            PresenceAnnouncements announced = PresenceAnnouncements.of(door.redis());
            assertThat(door.claim("alice")).as("ms until the next look").isEqualTo(60_000);
            door.beats().beat(new Heartbeat("bob", "")).get(5, TimeUnit.SECONDS);
            Eventually.within(
                    SOON, "1 announcements of bob", () -> announced.of("bob").size() == 1);
            assertThat(announced.of("alice")).isEmpty();
        }
    }
}

package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Redis restarts without its data while users are watched. */
@Tag("fault")
class PresenceRedisRestartTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final List<String> steady = PresenceCalls.users("steady", 300);
    private final List<String> silent = PresenceCalls.users("silent", 30);
    private final List<String> absent = PresenceCalls.users("absent", 30);

    @ParameterizedTest
    @ValueSource(longs = {1_000, 3_000})
    void userWithHeartbeatsStaysOnlineAndASilentUserIsReportedOffline(long outageMillis) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), "presence.ttl: 2s");
                BackgroundHeartbeats heartbeats = BackgroundHeartbeats.start(server.channel(), steady, 500);
                BackgroundHeartbeats silentHeartbeats = BackgroundHeartbeats.start(server.channel(), silent, 500);
                WatchPresenceReader watcher =
                        new PresenceCalls(server.channel()).watch(PresenceCalls.concat(steady, silent))) {
            redis.kill();
            watcher.awaitMarker(SOON, EventCase.STALE);
            silentHeartbeats.stop(silent);
            TimeUnit.MILLISECONDS.sleep(outageMillis);
            redis.restart();
            watcher.awaitMarker(SOON, EventCase.RESYNCED);

            assertThat(watcher.markers()).containsExactly(EventCase.STALE, EventCase.RESYNCED);
            assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(silent);
            assertThat(watcher.latest())
                    .allSatisfy((user, online) ->
                            assertThat(online).as(user).isEqualTo(new PresenceCalls(server.channel()).isOnline(user)));
            assertThat(watcher.latest()).doesNotContainEntry(steady.get(0), false);

            heartbeats.stop(steady);
            watcher.await(SOON, false, steady);
        }
    }

    /** The restart is too short for the health check of the server: only data is lost. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void noUserIsReportedOfflineWhenRedisLostItsData(int times) throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), "presence.ttl: 2s");
                WatchPresenceReader watcher =
                        new PresenceCalls(server.channel()).watch(PresenceCalls.concat(steady, absent));
                BackgroundHeartbeats heartbeats = BackgroundHeartbeats.start(server.channel(), steady, 600)) {
            watcher.await(SOON, true, steady);
            for (int i = 0; i < times; i++) {
                TimeUnit.MILLISECONDS.sleep(500); // less than the TTL, and the reads of the start are done
                redis.kill();
                redis.restart();
            }
            watcher.awaitMarker(SOON, EventCase.RESYNCED);
            heartbeats.resume(absent);
            watcher.await(SOON, true, absent);
            assertThat(watcher.usersOf(EventCase.OFFLINE)).isEmpty();
        }
    }

    /** On a Cluster, the index may be on a master that lost nothing, and the user on a master that restarted. */
    @Test
    void recentlyStartedRedisAnnouncesNoUserOffline() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                PresenceHarness harness = new PresenceHarness(redis.url(), Duration.ofSeconds(60))) {
            PresenceAnnouncements announced = PresenceAnnouncements.subscribe(harness.redis());
            assertThat(harness.announceIfOffline("alice"))
                    .as("ms until the next check")
                    .isEqualTo(60_000);
            harness.heartbeat("bob");
            Eventually.within(
                    SOON, "1 announcement of bob", () -> announced.of("bob").size() == 1);
            assertThat(announced.of("alice")).isEmpty();
        }
    }
}

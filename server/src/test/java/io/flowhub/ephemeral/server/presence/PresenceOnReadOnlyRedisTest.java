package io.flowhub.ephemeral.server.presence;

import static io.flowhub.ephemeral.server.presence.WatchPresenceReader.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

/** Redis reads and publishes, but rejects some writes or all: heartbeats may be lost although the users send them. */
@Tag("fault")
class PresenceOnReadOnlyRedisTest {

    private static final long TTL_MILLIS = 3_000;

    private final List<String> users = PresenceCalls.users("user", 500);

    @AutoClose
    private final TestServer server = TestServer.withRedis("presence.ttl: " + TTL_MILLIS + "ms");

    private final RedisProcess redis = server.redis();
    private final PresenceCalls calls = new PresenceCalls(server.channel());

    enum Rejection {
        READONLY {
            @Override
            void begin(Jedis admin) {
                admin.replicaof("127.0.0.1", 1);
            }

            @Override
            void end(Jedis admin) {
                admin.replicaofNoOne();
            }
        },
        NOREPLICAS {
            @Override
            void begin(Jedis admin) {
                admin.configSet("min-replicas-to-write", "1");
            }

            @Override
            void end(Jedis admin) {
                admin.configSet("min-replicas-to-write", "0");
            }
        };

        abstract void begin(Jedis admin);

        abstract void end(Jedis admin);
    }

    @ParameterizedTest
    @EnumSource
    void usersWithHeartbeatsAreNotReportedOfflineWhileTheirHeartbeatsAreRejected(Rejection rejection) throws Exception {
        try (BackgroundHeartbeats heartbeats = new BackgroundHeartbeats(server.channel(), users, 1_000);
                WatchPresenceReader watcher = calls.watch(users);
                Jedis admin = redis.jedis()) {
            watcher.await(SOON, true, users);
            rejection.begin(admin);
            watcher.awaitMarker(EventCase.STALE);
            Eventually.soon(
                    "the presences have expired",
                    () -> users.stream().allMatch(user -> admin.pttl(PresenceKeys.user(user)) == -2));
            TimeUnit.MILLISECONDS.sleep(TTL_MILLIS); // a silent user is announced in this time
            rejection.end(admin);
            watcher.awaitMarker(EventCase.RESYNCED);

            assertThat(watcher.usersOf(EventCase.OFFLINE)).isEmpty();
            assertThat(watcher.markers()).containsExactly(EventCase.STALE, EventCase.RESYNCED);
            assertThat(watcher.latest()).hasSize(users.size()).doesNotContainValue(false);

            heartbeats.stop(users);
            watcher.await(SOON, false, users);
        }
    }

    @Test
    void silentUsersAreReportedOfflineWhileRedisIsFull() {
        List<String> silent = users.subList(0, 100);
        try (BackgroundHeartbeats heartbeats = new BackgroundHeartbeats(server.channel(), users, 1_000);
                WatchPresenceReader watcher = calls.watch(users);
                Jedis admin = redis.jedis()) {
            watcher.await(SOON, true, users);
            admin.configSet("maxmemory", "1");
            heartbeats.stop(silent);
            watcher.await(SOON, false, silent);

            assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(silent);
        }
    }

    /** The other masters accept writes, so Redis counts as available. */
    @Test
    void usersOfTheOneMasterThatRejectsWritesAreNotReportedOffline() throws Exception {
        List<String> some = RedisCluster.keysOf(0, "presence:user%d", 20).stream()
                .map(key -> key.substring("presence:".length()))
                .toList();
        try (RedisCluster cluster = RedisCluster.start();
                TestServer onCluster = TestServer.start(cluster.yaml() + "\npresence.ttl: 2s");
                BackgroundHeartbeats heartbeats = new BackgroundHeartbeats(onCluster.channel(), some, 500);
                WatchPresenceReader watcher = new PresenceCalls(onCluster.channel()).watch(some);
                Jedis admin = cluster.masters().get(0).jedis()) {
            watcher.await(SOON, true, some);
            Rejection.NOREPLICAS.begin(admin);
            Eventually.soon(
                    "the presences have expired",
                    () -> some.stream().allMatch(user -> admin.pttl(PresenceKeys.user(user)) == -2));
            TimeUnit.MILLISECONDS.sleep(1_000); // a silent user is announced in this time
            Rejection.NOREPLICAS.end(admin);
            Eventually.soon(
                    "the heartbeats are accepted",
                    () -> some.stream().allMatch(user -> admin.pttl(PresenceKeys.user(user)) > 0));

            assertThat(watcher.usersOf(EventCase.OFFLINE)).isEmpty();
            heartbeats.stop(some);
            watcher.await(SOON, false, some);
        }
    }
}

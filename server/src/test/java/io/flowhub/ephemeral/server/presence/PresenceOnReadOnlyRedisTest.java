package io.flowhub.ephemeral.server.presence;

import static io.flowhub.ephemeral.server.presence.WatchPresenceReader.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

/** Redis reads and publishes, but rejects writes: heartbeats are lost although the users send them. */
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
}

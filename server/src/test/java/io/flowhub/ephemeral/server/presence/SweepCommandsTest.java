package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/**
 * The detection of expired presence costs commands only when a user may have expired, and misses no user for it. The bounds
 * leave room for a busy machine; sweeping at an interval takes several times as many commands.
 */
@Tag("contract")
class SweepCommandsTest {

    private static final String INDEX = "presence:index:0";
    private static final long SECONDS = 5;

    @Test
    void serverWithoutOnlineUsersReadsNoIndex() throws Exception {
        try (TestServer server = TestServer.withRedis("presence.ttl: 1s")) {
            assertReadsNoIndex(List.of(server.redis()));
        }
    }

    @Test
    void serverWithoutOnlineUsersReadsNoIndexOfACluster() throws Exception {
        try (RedisCluster cluster = RedisCluster.start();
                TestServer server = TestServer.start(cluster.yaml() + "\npresence.ttl: 1s")) {
            new PresenceCalls(server.channel()).isOnline("alice");
            assertReadsNoIndex(cluster.masters());
        }
    }

    private static void assertReadsNoIndex(List<RedisProcess> masters) throws Exception {
        Eventually.soon("the first sweep", () -> calls(masters, "zrange") > 0);
        TimeUnit.SECONDS.sleep(1); // it is over, also on a Cluster
        long before = calls(masters, "zrange");
        TimeUnit.SECONDS.sleep(SECONDS);
        assertThat(calls(masters, "zrange") - before).isLessThan(10); // some after a lost subscription
    }

    /** Without the heartbeats, every user would expire twice in this time. */
    @Test
    void checksOfUsersWithHeartbeatsArePostponedTogether() throws Exception {
        List<String> users = PresenceCalls.users("user", 300);
        try (TestServer server = TestServer.withRedis("presence.ttl: 2s");
                TestServer other = TestServer.on(server.redis().url(), "presence.ttl: 2s");
                BackgroundHeartbeats some = new BackgroundHeartbeats(server.channel(), users.subList(0, 200), 400);
                BackgroundHeartbeats rest = new BackgroundHeartbeats(other.channel(), users.subList(200, 300), 400);
                WatchPresenceReader watcher = new PresenceCalls(server.channel()).watch(users);
                Jedis redis = server.redis().jedis()) {
            double first = redis.zscore(INDEX, "user-299");
            Eventually.soon("the first sweep", () -> redis.zscore(INDEX, "user-299") > first);
            long before = indexCommands(server.redis());
            TimeUnit.SECONDS.sleep(SECONDS);
            assertThat(indexCommands(server.redis()) - before).isLessThan(300);

            assertThat(watcher.usersOf(EventCase.OFFLINE)).isEmpty();
            some.stop(users);
            rest.stop(users);
            watcher.await(WatchPresenceReader.SOON, false, users);
            assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(users);
        }
    }

    /** The server of the heartbeats does not know that one of the connections ended, and postpones the check for it. */
    @Test
    void userIsReportedOfflineWhenTheConnectionThatIsLeftExpires() {
        try (TestServer heartbeats = TestServer.withRedis("presence.ttl: 4s");
                TestServer other = TestServer.on(heartbeats.redis().url(), "presence.ttl: 4s");
                WatchPresenceReader watcher = new PresenceCalls(other.channel()).watch(List.of("alice"));
                Jedis redis = heartbeats.redis().jedis()) {
            PresenceCalls calls = new PresenceCalls(heartbeats.channel());
            calls.heartbeat("alice", "phone");
            Eventually.soon("the servers sweep", () -> RedisProcess.calls(redis, "zrange") > 1);
            calls.heartbeat("alice", "phone");
            Eventually.soon("3 s pass", () -> redis.pttl("presence:alice") < 1_000);
            calls.heartbeat("alice", "desk");
            assertThat(new PresenceCalls(other.channel()).setOffline("alice", "desk"))
                    .isFalse();
            watcher.await(Duration.ofMillis(2_500), false, List.of("alice"));
        }
    }

    /** On a Cluster, the master of the index may lose what the master of the user keeps. */
    @Test
    void userMissingInTheIndexIsScheduledByAHeartbeatAndReportedOffline() {
        try (TestServer server = TestServer.withRedis("presence.ttl: 2s");
                BackgroundHeartbeats heartbeats =
                        new BackgroundHeartbeats(server.channel(), List.of("alice", "bob"), 300);
                WatchPresenceReader watcher = new PresenceCalls(server.channel()).watch(List.of("alice"));
                Jedis redis = server.redis().jedis()) {
            redis.zrem(INDEX, "alice");
            Eventually.soon("alice is scheduled", () -> redis.zscore(INDEX, "alice") != null);
            heartbeats.stop(List.of("alice"));
            watcher.await(false, "alice");
        }
    }

    private static long indexCommands(RedisProcess redis) {
        return Stream.of("zrange", "zrangebyscore", "zadd", "zscore")
                .mapToLong(command -> calls(List.of(redis), command))
                .sum();
    }

    private static long calls(List<RedisProcess> masters, String command) {
        long calls = 0;
        for (RedisProcess master : masters) {
            try (Jedis jedis = master.jedis()) {
                calls += RedisProcess.calls(jedis, command);
            }
        }
        return calls;
    }
}

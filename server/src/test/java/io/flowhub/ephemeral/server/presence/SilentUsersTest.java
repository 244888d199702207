package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisCluster;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.util.JedisClusterCRC16;

/** Heartbeats of users stop while a server, a subscription or a slot is lost: the watchers get the right state of each. */
@Tag("fault")
class SilentUsersTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    /** One of several servers is killed while hundreds of users expire. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void eachSilentUserIsReportedOfflineOnceBySurvivors(int servers) throws Exception {
        List<ServerProcess> running = new ArrayList<>();
        try (RedisProcess redis = RedisProcess.start()) {
            for (int i = 0; i < servers; i++) {
                running.add(ServerProcess.start("redis.url: " + redis.url() + "\npresence.ttl: 1s"));
            }
            ServerProcess killed = running.get(0);
            PresenceCalls survivor = new PresenceCalls(running.get(servers - 1).channel());
            List<String> users = PresenceCalls.users("user", 900);
            try (WatchPresenceReader watcher = survivor.watch(users);
                    Gateway gateway = survivor.gateway()) {
                killed.awaitReady();
                Random random = new Random(servers);
                for (int from = 0; from < users.size(); from += 90) { // the groups expire one after the other
                    gateway.heartbeat(users.subList(from, from + 90));
                    TimeUnit.MILLISECONDS.sleep(random.nextInt(100));
                }
                Eventually.within(
                        Duration.ofSeconds(20),
                        "more than 100 OFFLINE events",
                        () -> watcher.usersOf(EventCase.OFFLINE).size() > 100);
                killed.kill();
                watcher.await(Duration.ofSeconds(20), false, users);
                assertThat(watcher.usersOf(EventCase.ONLINE)).containsExactlyInAnyOrderElementsOf(users);
                assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(users);
            }
        } finally {
            running.forEach(ServerProcess::close);
        }
    }

    /** The connection that receives announcements breaks again and again: the states of lost ones are read. */
    @Test
    void watcherEndsWithTheRightStateOfAllUsersAfterLostSubscriptions() throws Exception {
        List<String> users = PresenceCalls.users("user", 300);
        Random random = new Random(5);
        try (TestServer server = TestServer.withRedis("presence.ttl: 1s");
                WatchPresenceReader watcher = new PresenceCalls(server.channel()).watch(users);
                BackgroundHeartbeats heartbeats =
                        new BackgroundHeartbeats(server.channel(), users.subList(0, 10), 300)) {
            for (int i = 0; i < 60; i++) {
                if (i % 10 == 0) {
                    server.redis().killSubscriptions();
                }
                List<String> some = users.subList(random.nextInt(150), 150 + random.nextInt(150));
                if (i % 2 == 0) {
                    heartbeats.resume(some);
                } else {
                    heartbeats.stop(some);
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
            List<String> online = users.subList(0, 100);
            heartbeats.stop(users);
            heartbeats.resume(online);
            server.redis().killSubscriptions();

            watcher.await(SOON, true, online);
            watcher.await(SOON, false, users.subList(100, 300));
        }
    }

    /** The slot of watched users moves to another master of a Cluster while they send heartbeats. */
    @Test
    void userWithHeartbeatsStaysOnlineWhileASlotMovesAndASilentUserIsReportedOfflineOnce() throws Exception {
        try (RedisCluster cluster = RedisCluster.start();
                TestServer server = TestServer.start(cluster.yaml() + "\npresence.ttl: 2s")) {
            int slot = JedisClusterCRC16.getSlot("presence:user-0");
            Stream<String> inTheSlot = IntStream.iterate(3, i -> i + 1)
                    .mapToObj(i -> "user-" + i)
                    .filter(user -> JedisClusterCRC16.getSlot("presence:" + user) == slot)
                    .limit(2);
            List<String> users = Stream.concat(Stream.of("user-0", "user-1", "user-2"), inTheSlot)
                    .toList();
            String silent = users.get(3);
            try (BackgroundHeartbeats heartbeats = new BackgroundHeartbeats(server.channel(), users, 300);
                    WatchPresenceReader watcher = new PresenceCalls(server.channel()).watch(users)) {
                heartbeats.stop(List.of(silent));
                cluster.moveSlot(slot);
                cluster.moveSlot(JedisClusterCRC16.getSlot("presence:index:" + 2 * (silent.hashCode() % 2)));
                watcher.await(false, silent);
                heartbeats.resume(List.of(silent));
                watcher.await(true, silent);
                heartbeats.stop(users);
                watcher.await(WatchPresenceReader.SOON, false, users);

                assertThat(watcher.kinds(silent))
                        .containsExactly(EventCase.SNAPSHOT, EventCase.OFFLINE, EventCase.ONLINE, EventCase.OFFLINE);
                assertThat(users)
                        .filteredOn(user -> !user.equals(silent))
                        .allSatisfy(user ->
                                assertThat(watcher.kinds(user)).containsExactly(EventCase.SNAPSHOT, EventCase.OFFLINE));
            }
        }
    }
}

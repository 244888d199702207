package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.presence.WatchPresenceReader.UserEvent;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** The heartbeats of hundreds of users stop. */
@Tag("fault")
class SilentUsersTest {

    private static final long TTL_MILLIS = 2_000;

    /** The stream of a gateway that sends the heartbeats of thousands of users breaks. */
    @Test
    void allUsersOfADeadGatewayAreReportedOfflineOnceAndNoneTooEarly() {
        List<String> users = PresenceCalls.users("user", 5_000);
        try (TestServer server = TestServer.withRedis("presence.ttl: 2s");
                Jedis jedis = server.redis().jedis();
                WatchPresenceReader watcher = new PresenceCalls(server.channel()).watch(users)) {
            Map<String, Long> lastHeartbeats = new HashMap<>();
            try (Gateway gateway = new PresenceCalls(server.channel()).gateway()) {
                gateway.heartbeat(users);
                for (int from = 0; from < users.size(); from += 1_000) { // the users do not all expire at once
                    List<String> some = users.subList(from, from + 1_000);
                    long before = micros(jedis);
                    gateway.heartbeat(some);
                    some.forEach(user -> lastHeartbeats.put(user, before));
                }
            }
            watcher.await(Duration.ofMillis(TTL_MILLIS + 5_000), false, users);

            assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(users);
            assertThat(watcher.events().filter(event -> event.kind() == EventCase.OFFLINE))
                    .extracting(UserEvent::state)
                    .allMatch(state -> state.getVersion()
                            >= lastHeartbeats.getOrDefault(state.getUserId(), Long.MAX_VALUE / 2) + TTL_MILLIS * 1_000);
        }
    }

    private static long micros(Jedis jedis) {
        List<String> time = jedis.time();
        return Long.parseLong(time.get(0)) * 1_000_000 + Long.parseLong(time.get(1));
    }

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
}

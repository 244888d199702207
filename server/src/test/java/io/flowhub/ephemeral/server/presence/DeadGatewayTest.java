package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A gateway that held the heartbeats of thousands of users dies. */
class DeadGatewayTest {

    private static final long TTL_MILLIS = 2_000;

    @Test
    void allItsUsersAreReportedOfflineOnceAndNoneTooEarly() throws Exception {
        List<String> users = PresenceCalls.users("user", 5_000);
        try (RedisProcess redis = RedisProcess.start();
                Jedis jedis = redis.jedis();
                TestServer server = TestServer.on(redis.url(), "presence.ttl: 2s");
                WatchPresenceReader watcher = new PresenceCalls(server.channel()).watch(users)) {
            Map<String, Long> lastBeats = new HashMap<>();
            try (Gateway gateway = new PresenceCalls(server.channel()).gateway()) {
                gateway.beat(users);
                for (int from = 0; from < users.size(); from += 1_000) { // the last heartbeats are spread
                    List<String> some = users.subList(from, from + 1_000);
                    long before = micros(jedis);
                    gateway.beat(some);
                    some.forEach(user -> lastBeats.put(user, before));
                }
            }
            watcher.await(Duration.ofMillis(TTL_MILLIS + 5_000), false, users);

            assertThat(watcher.usersOf(EventCase.OFFLINE)).containsExactlyInAnyOrderElementsOf(users);
            watcher.told().filter(told -> told.kind() == EventCase.OFFLINE).forEach(told -> {
                PresenceState state = told.state();
                assertThat(state.getVersion())
                        .as(state.getUserId())
                        .isGreaterThanOrEqualTo(
                                lastBeats.getOrDefault(state.getUserId(), Long.MAX_VALUE / 2) + TTL_MILLIS * 1_000);
            });
        }
    }

    private static long micros(Jedis jedis) {
        List<String> time = jedis.time();
        return Long.parseLong(time.get(0)) * 1_000_000 + Long.parseLong(time.get(1));
    }
}

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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The stream of a gateway that sends the heartbeats of thousands of users breaks. */
@Tag("fault")
class DeadGatewayTest {

    private static final long TTL_MILLIS = 2_000;

    @Test
    void allItsUsersAreReportedOfflineOnceAndNoneTooEarly() throws Exception {
        List<String> users = PresenceCalls.users("user", 5_000);
        try (RedisProcess redis = RedisProcess.start();
                Jedis jedis = redis.jedis();
                TestServer server = TestServer.on(redis.url(), "presence.ttl: 2s");
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
            watcher.events().filter(event -> event.kind() == EventCase.OFFLINE).forEach(event -> {
                PresenceState state = event.state();
                assertThat(state.getVersion())
                        .as(state.getUserId())
                        .isGreaterThanOrEqualTo(lastHeartbeats.getOrDefault(state.getUserId(), Long.MAX_VALUE / 2)
                                + TTL_MILLIS * 1_000);
            });
        }
    }

    private static long micros(Jedis jedis) {
        List<String> time = jedis.time();
        return Long.parseLong(time.get(0)) * 1_000_000 + Long.parseLong(time.get(1));
    }
}

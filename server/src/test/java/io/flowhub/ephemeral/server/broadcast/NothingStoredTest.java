package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** Messages are not stored in Redis, so a full Redis still delivers them. */
@Tag("contract")
class NothingStoredTest {

    private static final String ROOM = "room-of-this-test";

    @Test
    void payloadIsOnlyInThePublishAndTheScriptCallThatSendsIt() {
        try (TestServer server = TestServer.withRedis();
                MonitorTap monitor = MonitorTap.of(server.redis());
                Jedis jedis = server.redis().jedis();
                BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), ROOM)) {
            BroadcastPublisher publisher = new BroadcastPublisher(server.channel());
            List<String> commands = monitor.during(() -> {
                publisher.publish(ROOM, "alice", "the payload");
                subscription.awaitMessage("the payload");
            });

            String encoded = new Envelope.Message(ROOM, "alice", ByteString.copyFromUtf8("the payload")).encode();
            assertThat(commands)
                    .filteredOn(command -> command.contains(encoded))
                    .isNotEmpty()
                    .allMatch(command -> command.matches("(?i).*\\] \"(EVALSHA|EVAL|PUBLISH)\" .*"))
                    .anyMatch(command -> command.matches("(?i).* lua\\] \"PUBLISH\" .*"));
            assertThat(commands).noneMatch(command -> command.contains(ROOM));
            assertThat(jedis.keys("*")).noneMatch(key -> key.contains("broadcast") || key.contains(ROOM));
        }
    }

    @Test
    void fullRedisStillDeliversMessages() {
        try (TestServer server = TestServer.withRedis();
                Jedis jedis = server.redis().jedis();
                BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), ROOM)) {
            jedis.configSet("maxmemory-policy", "noeviction");
            jedis.configSet("maxmemory", "1"); // more is in use already
            assertThatThrownBy(() -> jedis.set("k", "v", new SetParams().px(1))).hasMessageContaining("OOM");

            for (String payload : List.of("one", "two")) {
                assertThat(new BroadcastPublisher(server.channel()).publish(ROOM, "alice", payload))
                        .isEqualTo(1);
                subscription.awaitMessage(payload);
            }
        }
    }
}

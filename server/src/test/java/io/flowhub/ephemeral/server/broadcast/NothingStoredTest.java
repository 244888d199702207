package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.MonitorTap;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.PublishRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** A message passes through Redis and leaves nothing there, not even when there is no room for anything. */
class NothingStoredTest {

    private static final String ROOM = "room-of-this-test";

    @Test
    void payloadIsInNoCommandButPublish() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                MonitorTap monitor = MonitorTap.of(redis);
                Jedis look = redis.jedis();
                TestServer server = TestServer.on(redis.url());
                BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), ROOM)) {
            BroadcastPublisher publisher = new BroadcastPublisher(server.channel());
            List<String> commands = monitor.during(() -> {
                publisher.publish(ROOM, "alice", "the payload");
                subscription.awaitMessage("the payload");
            });

            String passedOn = Envelope.of(PublishRequest.newBuilder()
                    .setRoomId(ROOM)
                    .setSenderId("alice")
                    .setPayload(ByteString.copyFromUtf8("the payload"))
                    .build());
            assertThat(commands)
                    .filteredOn(command -> command.contains(passedOn))
                    .isNotEmpty()
                    .allMatch(command -> command.matches("(?i).*\\] \"(EVALSHA|EVAL|PUBLISH)\" .*"))
                    .anyMatch(command -> command.matches("(?i).* lua\\] \"PUBLISH\" .*"));
            assertThat(commands).noneMatch(command -> command.contains(ROOM));
            assertThat(look.keys("*")).noneMatch(key -> key.contains("broadcast") || key.contains(ROOM));
        }
    }

    @Test
    void messagesPassThroughAFullRedis() throws Exception {
        try (RedisProcess redis = RedisProcess.start("--maxmemory-policy", "noeviction");
                Jedis look = redis.jedis();
                TestServer server = TestServer.on(redis.url());
                BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), ROOM)) {
            look.configSet("maxmemory", "1"); // it holds more than that already
            assertThat(catchThrowable(
                            () -> look.set("k", "v", SetParams.setParams().px(1))))
                    .hasMessageContaining("OOM");

            for (String payload : List.of("one", "two")) {
                assertThat(new BroadcastPublisher(server.channel()).publish(ROOM, "alice", payload))
                        .isEqualTo(1);
                subscription.awaitMessage(payload);
            }
        }
    }
}

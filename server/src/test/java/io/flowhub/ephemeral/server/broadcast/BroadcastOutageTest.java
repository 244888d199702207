package io.flowhub.ephemeral.server.broadcast;

import static io.flowhub.ephemeral.v1.SubscribeResponse.EventCase.STALE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** A stream stays open when Redis or the subscription is lost, and reports each possible loss. */
@Tag("fault")
class BroadcastOutageTest {

    private final String room = UniqueIds.next();

    @AutoClose
    private final TestServer server = TestServer.withRedis();

    private final RedisProcess redis = server.redis();
    private final BroadcastPublisher publisher = new BroadcastPublisher(server.channel());

    @Test
    void redisStartedAfterTheServerIsUsed() throws Exception {
        redis.kill();
        try (TestServer early = TestServer.on(redis.url());
                BroadcastSubscription subscription = BroadcastSubscription.open(early.channel())) {
            subscription.request(SubscribeRequest.newBuilder().addAddRoomIds(room));
            subscription.await(STALE);
            redis.restart();
            subscription.awaitSubscribed(room);
            new BroadcastPublisher(early.channel()).publish(room, "alice", "delivered");
            subscription.awaitMessage("delivered");
        }
    }

    /** Nothing of it is stored. */
    @Test
    void fullRedisStillDeliversMessages() {
        try (Jedis jedis = redis.jedis();
                BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), room)) {
            jedis.configSet("maxmemory-policy", "noeviction");
            jedis.configSet("maxmemory", "1"); // more is in use already
            assertThatThrownBy(() -> jedis.set("k", "v", new SetParams().px(1))).hasMessageContaining("OOM");

            for (String payload : List.of("one", "two")) {
                assertThat(publisher.publish(room, "alice", payload)).isEqualTo(1);
                subscription.awaitMessage(payload);
            }
        }
    }
}

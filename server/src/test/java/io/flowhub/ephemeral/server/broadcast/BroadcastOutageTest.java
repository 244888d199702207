package io.flowhub.ephemeral.server.broadcast;

import static io.flowhub.ephemeral.v1.SubscribeResponse.EventCase.STALE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.fanout.StreamMemory;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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

    @Test
    void largeMessagesInFlightAreRejectedBeforeTheyFillTheMemory() throws Exception {
        Envelope.Message large = new Envelope.Message("room", "alice", ByteString.copyFrom(new byte[65_536]));
        try (TestRedisClient client = TestRedisClient.open("redis.url: " + redis.url());
                BroadcastBroker broker =
                        BroadcastBroker.open(client.redis(), new BroadcastHub(StreamMemory.ofHeap()))) {
            broker.publish(large).get(10, TimeUnit.SECONDS);
            redis.freeze();
            List<CompletableFuture<Integer>> calls =
                    IntStream.range(0, 300).mapToObj(i -> broker.publish(large)).toList();
            assertThat(calls)
                    .filteredOn(CompletableFuture::isCompletedExceptionally)
                    .as("rejected at once, of 300 messages of 26 MB")
                    .hasSizeBetween(100, 150)
                    .allMatch(call ->
                            catchThrowable(() -> call.get(0, TimeUnit.SECONDS)).getCause()
                                    instanceof OverloadedException);
            redis.thaw();
            Eventually.within(
                    BroadcastSubscription.SOON,
                    "the message is published",
                    () -> !broker.publish(large).handle((n, e) -> e != null).get(10, TimeUnit.SECONDS));
        }
    }
}

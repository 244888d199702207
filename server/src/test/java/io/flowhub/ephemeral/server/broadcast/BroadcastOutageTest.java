package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Outage;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** A stream stays open when Redis or the subscription is lost, and reports each possible loss. */
@Tag("fault")
class BroadcastOutageTest {

    private final String room = UniqueIds.next();
    private RedisProcess redis;
    private TestServer server;
    private BroadcastPublisher publisher;

    @BeforeEach
    void start() throws IOException {
        redis = RedisProcess.start();
        server = TestServer.on(redis.url());
        publisher = new BroadcastPublisher(server.channel());
    }

    @AfterEach
    void stop() {
        server.close();
        redis.close();
    }

    @RepeatedTest(3)
    void lostSubscriptionIsAGapAndThenMessagesArriveAgain() {
        try (BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), room);
                BroadcastSubscription another = BroadcastSubscription.to(server.channel(), UniqueIds.next());
                Jedis jedis = redis.jedis()) {
            publisher.publish(room, "alice", "before");
            subscription.awaitMessage("before");
            assertThat(jedis.clientKill(ClientKillParams.clientKillParams().type(ClientType.PUBSUB)))
                    .isPositive();
            subscription.await(EventCase.GAP);
            another.await(EventCase.GAP);
            subscription.add(UniqueIds.next()); // its ack promises delivery from here on
            publisher.publish(room, "alice", "after");
            subscription.awaitMessage("after");

            List<SubscribeResponse> gaps = subscription.events().stream()
                    .filter(event -> event.getEventCase() == EventCase.GAP)
                    .toList();
            assertThat(gaps).hasSizeBetween(1, 2).containsOnly(BroadcastEvents.GAP);
            assertThat(subscription.kinds()).startsWith(EventCase.SUBSCRIBED, EventCase.MESSAGE, EventCase.GAP);
            assertThat(subscription.kinds()).doesNotContain(EventCase.STALE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void outageIsStaleAndThenResynced(Outage outage) throws Exception {
        try (BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), room)) {
            outage.begin(redis);
            subscription.await(EventCase.STALE);
            assertThat(subscription.kinds()).doesNotContain(EventCase.RESYNCED);
            outage.end(redis);
            subscription.await(EventCase.RESYNCED);
            assertThat(publisher.publish(room, "alice", "after")).isEqualTo(1);
            subscription.awaitMessage("after");

            assertThat(subscription.kinds())
                    .containsSubsequence(EventCase.SUBSCRIBED, EventCase.STALE, EventCase.RESYNCED, EventCase.MESSAGE)
                    .containsOnlyOnce(EventCase.STALE, EventCase.RESYNCED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void streamOpenedDuringAnOutageIsSubscribedAfterIt(Outage outage) throws Exception {
        try (BroadcastSubscription before = BroadcastSubscription.open(server.channel())) {
            outage.begin(redis);
            before.await(EventCase.STALE);
            try (BroadcastSubscription subscription = BroadcastSubscription.open(server.channel())) {
                subscription.request(SubscribeRequest.newBuilder().addAddRoomIds(room));
                subscription.await(EventCase.STALE);
                assertThat(subscription.kinds()).containsExactly(EventCase.STALE);
                outage.end(redis);
                subscription.awaitSubscribed(room);
                publisher.publish(room, "alice", "after");
                subscription.awaitMessage("after");

                assertThat(subscription.kinds())
                        .containsExactly(EventCase.STALE, EventCase.RESYNCED, EventCase.SUBSCRIBED, EventCase.MESSAGE);
            }
        }
    }

    @Test
    void redisStartedAfterTheServerIsUsed() throws Exception {
        redis.kill();
        try (TestServer early = TestServer.on(redis.url());
                BroadcastSubscription subscription = BroadcastSubscription.open(early.channel())) {
            subscription.request(SubscribeRequest.newBuilder().addAddRoomIds(room));
            subscription.await(EventCase.STALE);
            redis.restart();
            subscription.awaitSubscribed(room);
            new BroadcastPublisher(early.channel()).publish(room, "alice", "delivered");
            subscription.awaitMessage("delivered");
        }
    }
}

package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** A subscriber receives every message, or a gap where messages may have been lost. */
@Tag("contract")
@SuppressWarnings("try") // a client that subscribes and is not used again
class SubscriptionsOnRedisTest {

    private final RecordingSubscriber subscriber = new RecordingSubscriber();
    private final List<String> received = subscriber.received();

    @AutoClose
    private final RedisProcess process = RedisProcess.start();

    @Test
    void messagesArriveInOrder() throws Exception {
        try (TestRedisClient harness = subscribed()) {
            awaitDelivery("first");
            publish("second");
            publish("third");
            Eventually.soon("the third message arrives", () -> received.contains("third"));

            assertThat(received).startsWith("gap").endsWith("first", "second", "third");
        }
    }

    @Test
    void gapPrecedesMessagesAfterALostConnection() throws Exception {
        try (TestRedisClient harness = subscribed();
                Jedis jedis = process.jedis()) {
            awaitDelivery("before");
            received.clear();

            jedis.clientKill(ClientKillParams.clientKillParams().type(ClientType.PUBSUB));
            awaitDelivery("after");

            assertThat(received)
                    .as("the gap precedes the first message")
                    .startsWith("gap")
                    .endsWith("after");
        }
    }

    @Test
    void gapPrecedesMessagesAfterARestartOfRedis() throws Exception {
        try (TestRedisClient harness = subscribed()) {
            awaitDelivery("before");
            received.clear();

            process.kill();
            Eventually.soon("Redis is reported unavailable", () -> !harness.up().get());
            process.restart();
            awaitDelivery("after");

            assertThat(received).startsWith("gap").endsWith("after");
        }
    }

    @Test
    void subscriptionMadeBeforeRedisStartsIsRegistered() throws Exception {
        process.kill();
        try (TestRedisClient harness = TestRedisClient.opening("redis.url: " + process.url())) {
            harness.redis().subscribe("channel", subscriber);
            process.restart();
            awaitDelivery("first");

            assertThat(received).startsWith("gap").endsWith("first");
        }
    }

    private TestRedisClient subscribed() {
        TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url());
        harness.redis().subscribe("channel", subscriber);
        return harness;
    }

    /** Publishes until a subscription receives it. */
    private void awaitDelivery(String message) {
        Eventually.soon("the channel is subscribed", () -> publish(message) > 0);
        Eventually.soon("the message arrives", () -> received.contains(message));
    }

    private long publish(String message) {
        try (Jedis jedis = process.jedis()) {
            return jedis.publish("channel", message);
        }
    }
}

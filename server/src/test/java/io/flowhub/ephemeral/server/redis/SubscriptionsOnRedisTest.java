package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** A subscriber receives every message, or a gap where messages may have been lost. */
@Tag("contract")
class SubscriptionsOnRedisTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final List<String> received = new CopyOnWriteArrayList<>();
    private final Subscriber subscriber = new Subscriber() {
        @Override
        public void onMessage(String message) {
            received.add(message);
        }

        @Override
        public void onGap() {
            received.add("gap");
        }
    };

    private RedisProcess process;

    @BeforeEach
    void start() throws IOException {
        process = RedisProcess.start();
    }

    @AfterEach
    void stop() {
        process.close();
    }

    @Test
    void messagesArriveInOrder() throws Exception {
        try (RedisHarness harness = RedisHarness.open("redis.url: " + process.url())) {
            harness.redis().subscribe("channel", subscriber);
            awaitDelivery("first");
            publish("second");
            publish("third");
            Eventually.within(SOON, "the third message arrives", () -> received.contains("third"));

            assertThat(received).startsWith("gap").endsWith("first", "second", "third");
        }
    }

    @Test
    void gapPrecedesMessagesAfterALostConnection() throws Exception {
        try (RedisHarness harness = RedisHarness.open("redis.url: " + process.url());
                Jedis jedis = process.jedis()) {
            harness.redis().subscribe("channel", subscriber);
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
        try (RedisHarness harness = RedisHarness.open("redis.url: " + process.url())) {
            harness.redis().subscribe("channel", subscriber);
            awaitDelivery("before");
            received.clear();

            process.kill();
            Eventually.within(
                    SOON, "Redis is reported unavailable", () -> !harness.up().get());
            process.restart();
            awaitDelivery("after");

            assertThat(received).startsWith("gap").endsWith("after");
        }
    }

    @Test
    void subscriptionMadeBeforeRedisStartsIsRegistered() throws Exception {
        process.kill();
        try (RedisHarness harness = RedisHarness.opening("redis.url: " + process.url())) {
            harness.redis().subscribe("channel", subscriber);
            process.restart();
            awaitDelivery("first");

            assertThat(received).startsWith("gap").endsWith("first");
        }
    }

    /** Publishes until a subscription receives it. */
    private void awaitDelivery(String message) {
        Eventually.within(SOON, "the channel is subscribed", () -> publish(message) > 0);
        Eventually.within(SOON, "the message arrives", () -> received.contains(message));
    }

    private long publish(String message) {
        try (Jedis jedis = process.jedis()) {
            return jedis.publish("channel", message);
        }
    }
}

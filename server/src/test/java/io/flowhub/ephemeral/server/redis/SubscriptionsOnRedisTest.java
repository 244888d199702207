package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** A subscriber receives every message, or a gap where messages may have been lost. */
@Tag("contract")
class SubscriptionsOnRedisTest {

    private final RecordingSubscriber subscriber = new RecordingSubscriber();
    private final List<String> received = subscriber.received();

    @AutoClose
    private final RedisProcess process = RedisProcess.start();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gapPrecedesMessagesAfterALostConnectionAndARestartOfRedis(boolean restart) throws Exception {
        try (TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url())) {
            harness.redis().subscribe("channel", subscriber);
            awaitDelivery("before");
            assertThat(received).startsWith("gap").endsWith("before");
            received.clear();

            if (restart) {
                process.kill();
                Eventually.soon(
                        "Redis is reported unavailable", () -> !harness.up().get());
                process.restart();
            } else {
                process.killSubscriptions();
            }
            awaitDelivery("after");

            assertThat(received)
                    .as("the gap precedes the first message")
                    .startsWith("gap")
                    .endsWith("after");
        }
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

package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/** A subscriber receives every message, or a gap where messages may have been lost. */
@Tag("contract")
class SubscriptionsOnRedisTest {

    private static final Duration SOON = Duration.ofSeconds(40);

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

    /** Redisson pings subscription connections; a reply to a ping makes its decoder drop a message that arrives in parts. */
    @Test
    void noMessageIsLostThoughReadsAreSplitAndRedissonIsToPingEvery3Ms(@TempDir Path folder) throws Exception {
        try (RedisProxy proxy = new RedisProxy(process)) {
            Path file = Files.writeString(folder.resolve("redisson.yaml"), """
                    singleServerConfig:
                      address: "%s"
                      pingConnectionInterval: 3
                    """.formatted(proxy.url()));
            try (TestRedisClient harness = TestRedisClient.open("redis.redisson_file: " + file);
                    Jedis jedis = process.jedis()) {
                harness.redis().subscribe("channel", subscriber);
                awaitDelivery("before");
                received.clear();
                List<String> messages = IntStream.range(0, 8_000)
                        .mapToObj(i -> i + "-" + "x".repeat(i % 90))
                        .toList();
                Pipeline pipeline = jedis.pipelined();
                messages.forEach(message -> pipeline.publish("channel", message));
                pipeline.sync();

                Eventually.within(SOON, "the last message arrives", () -> received.contains(messages.get(7_999)));
                assertThat(receivedAfterwards()).containsExactlyElementsOf(messages);
            }
        }
    }

    @Tag("fault")
    @Test
    void subscriptionThatIsConnectedAndSilentIsReplacedAndReportsAGap() throws Exception {
        try (RedisProxy proxy = new RedisProxy(process);
                TestRedisClient harness = TestRedisClient.open("redis.url: " + proxy.url())) {
            harness.redis().subscriptionDemand(() -> true);
            harness.redis().subscribe("channel", subscriber);
            awaitDelivery("before");
            received.clear();

            proxy.muteSubscriptions();

            Eventually.within(SOON, "messages arrive again", () -> {
                publish("after");
                return received.contains("after");
            });
            assertThat(receivedAfterwards()).startsWith("gap");
            assertThat(harness.up()).as("Redis stays available").isTrue();
        }
    }

    /** Without repetitions of the message that was published until it arrived. */
    private List<String> receivedAfterwards() {
        return received.stream().filter(message -> !message.equals("before")).toList();
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

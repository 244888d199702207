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
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** A subscriber is told of every message, or that there may be some it missed. */
class SubscriptionsOnRedisTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final Subscriber subscriber = new Subscriber() {
        @Override
        public void onMessage(String message) {
            told.add(message);
        }

        @Override
        public void onGap() {
            told.add("gap");
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
    void messagesComeInOrderOnceSubscribed() throws Exception {
        try (RedisHarness harness = RedisHarness.open("redis.url: " + process.url())) {
            harness.redis().subscribe("channel", subscriber);
            awaitDelivery("first");
            publish("second");
            publish("third");
            Eventually.within(SOON, () -> told.contains("third"));

            assertThat(told).startsWith("gap").endsWith("first", "second", "third");
        }
    }

    @Test
    void gapIsToldWhenALostConnectionIsBack() throws Exception {
        try (RedisHarness harness = RedisHarness.open("redis.url: " + process.url());
                Jedis jedis = process.jedis()) {
            harness.redis().subscribe("channel", subscriber);
            awaitDelivery("before");
            told.clear();

            jedis.clientKill(ClientKillParams.clientKillParams().type(ClientType.PUBSUB));
            awaitDelivery("after");

            assertThat(told)
                    .as("told before the first message")
                    .startsWith("gap")
                    .endsWith("after");
        }
    }

    @Test
    void gapIsToldWhenRedisIsBack() throws Exception {
        try (RedisHarness harness = RedisHarness.open("redis.url: " + process.url())) {
            harness.redis().subscribe("channel", subscriber);
            awaitDelivery("before");
            told.clear();

            process.kill();
            Eventually.within(SOON, () -> !harness.up().get());
            process.restart();
            awaitDelivery("after");

            assertThat(told).startsWith("gap").endsWith("after");
        }
    }

    @Test
    void subscriptionOutlivesThatRedisComesLater() throws Exception {
        process.kill();
        try (RedisHarness harness = RedisHarness.opening("redis.url: " + process.url())) {
            harness.redis().subscribe("channel", subscriber);
            process.restart();
            awaitDelivery("first");

            assertThat(told).startsWith("gap").endsWith("first");
        }
    }

    /** Publishes once somebody listens. */
    private void awaitDelivery(String message) {
        Eventually.within(SOON, () -> publish(message) > 0);
        Eventually.within(SOON, () -> told.contains(message));
    }

    private long publish(String message) {
        try (Jedis jedis = process.jedis()) {
            return jedis.publish("channel", message);
        }
    }
}

package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** One address for the master, as of a load balancer: new connections lead to the new master, open ones to the old one. */
@Tag("fault")
class DemotedMasterTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    @AutoClose
    private final RedisProcess former = RedisProcess.start();

    @AutoClose
    private final RedisProcess current = RedisProcess.start();

    @AutoClose
    private final CapturedLog log = CapturedLog.of(Availability.class);

    @Test
    void callsSucceedOnTheNewMasterThoughTheOldConnectionsStayOpen() throws Exception {
        try (RedisProxy proxy = new RedisProxy(former);
                TestRedisClient harness = TestRedisClient.open("redis.url: " + proxy.url());
                Jedis demoted = former.jedis();
                Jedis promoted = current.jedis();
                RedisLoad load = new RedisLoad(harness.redis(), i -> "user" + i % 100)) {
            RecordingSubscriber subscriber = new RecordingSubscriber();
            harness.redis().subscribe("channel", subscriber);
            Eventually.within(SOON, "calls succeed", () -> load.answered() > 100);

            proxy.leadTo(current);
            demoted.replicaof("127.0.0.1", current.port());
            Eventually.within(SOON, "calls fail", () -> load.failed() > 0);
            int answered = load.answered();
            Eventually.within(SOON, "calls succeed", () -> load.answered() > answered + 1_000);
            load.stop();

            assertThat(promoted.get("user1")).isNotNull();
            Eventually.within(
                    SOON, "the channel is subscribed at the new master", () -> promoted.publish("channel", "x") > 0);
            Eventually.within(
                    SOON, "a message arrives", () -> subscriber.received().contains("x"));
        }
    }

    @Test
    void redisThatOnlyReadsIsUnavailableThoughReadsSucceed() throws Exception {
        try (TestRedisClient harness = TestRedisClient.open("redis.url: " + former.url());
                Jedis admin = former.jedis()) {
            Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
            admin.replicaof("127.0.0.1", 1);
            Probe.add(harness.redis(), "user", "text")
                    .handle((answer, failure) -> failure)
                    .get(5, TimeUnit.SECONDS);

            Eventually.within(
                    SOON, "Redis is reported unavailable", () -> !harness.up().get());
            assertThat(log.messages(Level.WARN)).singleElement().asString().contains("READONLY");
            admin.replicaofNoOne();
            Eventually.within(SOON, "Redis is reported available", harness.up()::get);
        }
    }
}

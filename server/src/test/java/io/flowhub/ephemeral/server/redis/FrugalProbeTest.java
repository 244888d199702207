package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** What the client sends on its own, and what it does not take for an outage. */
@Tag("fault")
class FrugalProbeTest {

    private static final Pattern CALLS = Pattern.compile("cmdstat_([^:|]+)[^:]*:calls=(\\d+)");

    @AutoClose
    private final RedisProcess process = RedisProcess.start();

    @Test
    void idleClientSendsAtMostOneProbeOfThreeCommandsIn30Seconds() throws Exception {
        try (TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url());
                Jedis admin = process.jedis()) {
            Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
            Eventually.soon(
                    "the channel is subscribed",
                    () -> admin.pubsubNumSub(WriteProbe.CHANNEL).containsValue(1L));
            long before = commands(admin);
            TimeUnit.SECONDS.sleep(10); // time is what is tested

            assertThat(commands(admin) - before).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void clientIsAvailableForAsLongAsCallsSucceedAndTheProbeLeavesNoKey() throws Exception {
        try (TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url());
                Jedis admin = process.jedis()) {
            assertThat(harness.up()).isTrue();
            assertThat(admin.dbSize()).isZero();
        }
    }

    /** The thread that reads the sockets is paused, as by the machine, while Redis replies in time. */
    @Test
    void pauseOfThisProcessIsNoOutageOfRedisAndFailsNoCall() throws Exception {
        try (FakeRedis fake = new FakeRedis(FrugalProbeTest::replyOfTheSecondIsLate);
                CapturedLog log = CapturedLog.of(RedisClient.class.getPackageName());
                TestRedisClient harness = TestRedisClient.open("redis.url: " + fake.url(), "redis.timeout: 100ms")) {
            for (int i = 0; i < 3; i++) {
                CompletableFuture<Probe.Answer> paused = Probe.add(harness.redis(), "pause", "text");
                var unused = paused.thenAccept(answer -> pause(Duration.ofMillis(800)));
                CompletableFuture<Probe.Answer> other = Probe.add(harness.redis(), "late", "text");

                assertThat(paused.get(5, TimeUnit.SECONDS)).isNotNull();
                assertThat(other.get(5, TimeUnit.SECONDS)).isNotNull();
            }
            assertThat(harness.up()).isTrue();
            assertThat(log.messages()).noneMatch(line -> line.contains("unavailable"));
        }
    }

    private static FakeRedis.Answer replyOfTheSecondIsLate(FakeRedis.Arrival arrival) {
        int calls =
                arrival.keysAndArgs().contains("pause") && arrival.keysAndArgs().contains("late") ? 2 : 1;
        if (!arrival.keysAndArgs().contains("pause")) {
            pause(Duration.ofMillis(40));
        }
        return new FakeRedis.Send("*" + 3 * calls + "\r\n" + ":1\r\n:1\r\n$4\r\ntext\r\n".repeat(calls));
    }

    private static void pause(Duration duration) {
        try {
            TimeUnit.MILLISECONDS.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Those of the client, without the ones of this test. */
    private static long commands(Jedis admin) {
        Matcher matcher = CALLS.matcher(admin.info("commandstats"));
        long sum = 0;
        while (matcher.find()) {
            if (!matcher.group(1).equals("info") && !matcher.group(1).equals("pubsub")) {
                sum += Long.parseLong(matcher.group(2));
            }
        }
        return sum;
    }
}

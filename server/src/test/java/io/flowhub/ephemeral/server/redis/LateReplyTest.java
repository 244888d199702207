package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A call completes within 600 ms, whatever Redis does. */
@Tag("contract")
@Tag("latency")
class LateReplyTest {

    /** Just within the timeout of 300 ms. */
    private static final long LATE_MILLIS = 270;

    @Test
    void callQueuedBehindALateReplyCompletesInTime() throws Exception {
        try (FakeRedis fake = new FakeRedis(LateReplyTest::lateOnceThenNever);
                TestRedisClient harness =
                        TestRedisClient.open("redis.url: " + fake.url(), "redis.max_scripts_in_flight: 1")) {
            CompletableFuture<Probe.Answer> first = Probe.add(harness.redis(), "late", "text");
            Eventually.within(
                    Duration.ofSeconds(2),
                    "a command arrives",
                    () -> !fake.arrivals().isEmpty());
            Stopwatch stopwatch = Stopwatch.start();
            CompletableFuture<Probe.Answer> queued = Probe.add(harness.redis(), "silent", "text");

            assertThat(first.get(2, TimeUnit.SECONDS)).isNotNull();
            assertThat(queued.handle((value, failure) -> failure).get(2, TimeUnit.SECONDS))
                    .isInstanceOf(RedisUnavailableException.class);
            assertThat(stopwatch.elapsed()).isLessThan(Duration.ofMillis(600));
        }
    }

    private static FakeRedis.Answer lateOnceThenNever(FakeRedis.Arrival arrival) {
        if (!arrival.keysAndArgs().contains("late")) {
            return new FakeRedis.Nothing();
        }
        try {
            TimeUnit.MILLISECONDS.sleep(LATE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new FakeRedis.Send("*3\r\n:1\r\n:1\r\n$4\r\ntext\r\n");
    }
}

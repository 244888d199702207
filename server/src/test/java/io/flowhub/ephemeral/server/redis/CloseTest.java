package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.server.redis.Probe.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Closing a client: every call completes, and no process or thread is left. */
@Tag("fault")
class CloseTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    @AutoClose
    private final RedisProcess process = RedisProcess.start();

    @Test
    void callAfterCloseIsUnavailable() throws Exception {
        TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url());
        Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
        harness.close();
        harness.close();

        for (int i = 0; i < 100; i++) {
            assertUnavailable(Probe.add(harness.redis(), "user", "text"));
        }
        awaitNoThreadOfHealthChecks();
        assertUnavailable(Probe.add(harness.redis(), "user", "text"));
    }

    @Tag("latency")
    @Test
    void closeFailsCallsInFlightAndQueuedBeforeTheirTimeout() throws Exception {
        TestRedisClient harness = TestRedisClient.open(
                "redis.url: " + process.url(), "redis.max_calls_per_script: 2", "redis.timeout: 500ms");
        Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
        process.freeze();
        List<CompletableFuture<Answer>> calls = Probe.addMany(harness.redis(), 100);
        Stopwatch stopwatch = Stopwatch.start();
        CompletableFuture<Duration> failed = CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
                .handle((answers, failure) -> stopwatch.elapsed());
        harness.close();
        process.thaw();

        calls.forEach(CloseTest::assertUnavailable);
        assertThat(failed.get(5, TimeUnit.SECONDS)).isLessThan(Duration.ofMillis(400));
    }

    @Test
    void callsThatRaceWithCloseComplete() throws Exception {
        for (int i = 0; i < 10; i++) {
            TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url());
            RedisLoad load = new RedisLoad(harness.redis(), number -> "user" + number % 100);
            Eventually.within(SOON, "calls succeed", () -> load.answered() > 10);
            harness.close();
            Eventually.within(SOON, "calls fail", () -> load.failed() > 10);
            load.stop();

            assertThat(load.failures()).containsOnlyKeys("RedisUnavailableException");
        }
    }

    @Test
    void closeWhileConnectingLogsNoOutage() throws Exception {
        // The socket accepts connections and sends nothing: connecting hangs.
        try (CapturedLog log = CapturedLog.of(RedisClient.class.getPackageName());
                ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            TestRedisClient harness = TestRedisClient.opening(
                    "redis.url: redis://127.0.0.1:" + mute.getLocalPort(), "redis.connect_timeout: 5s");
            try (Socket connected = mute.accept()) {
                assertThat(connected.isConnected()).isTrue();
                harness.close();
                awaitNoThreadOfHealthChecks();
            }
            assertThat(log.messages()).isEmpty();
        }
    }

    @Test
    void closeEndsTheEmbeddedRedis() throws Exception {
        TestRedisClient harness = TestRedisClient.open("redis.embedded_memory: 5MB");
        String described = harness.redis().describe();
        int port = Integer.parseInt(described.substring(described.lastIndexOf(':') + 1));
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        harness.close();

        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class);
    }

    private static void awaitNoThreadOfHealthChecks() {
        Eventually.within(
                SOON,
                "no thread redis-health runs",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("redis-health")));
    }

    private static void assertUnavailable(CompletableFuture<Answer> call) {
        assertThatThrownBy(() -> call.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(RedisUnavailableException.class);
    }
}

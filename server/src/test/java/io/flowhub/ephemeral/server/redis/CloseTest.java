package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.redis.Probe.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Closing a client: every call completes, and no process or thread is left. */
@Tag("fault")
class CloseTest {

    @Test
    void callAfterCloseIsUnavailable() throws Exception {
        try (RedisProcess process = RedisProcess.start()) {
            RedisHarness harness = RedisHarness.open("redis.url: " + process.url());
            Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
            harness.close();

            for (int i = 0; i < 100; i++) {
                assertUnavailable(Probe.add(harness.redis(), "user", "text"));
            }
            Eventually.within(Duration.ofSeconds(5), "no thread redis-health runs", () -> noThreadOf("redis-health"));
            assertUnavailable(Probe.add(harness.redis(), "user", "text"));
        }
    }

    @Test
    void closeFailsCallsInFlightAndQueuedBeforeTheirTimeout() throws Exception {
        try (RedisProcess process = RedisProcess.start()) {
            RedisHarness harness = RedisHarness.open(
                    "redis.url: " + process.url(), "redis.max_calls_per_script: 2", "redis.timeout: 500ms");
            Probe.add(harness.redis(), "user", "text").get(5, TimeUnit.SECONDS);
            process.freeze();
            List<CompletableFuture<Answer>> calls = IntStream.range(0, 100)
                    .mapToObj(i -> Probe.add(harness.redis(), "user" + i, "text"))
                    .toList();
            long begin = System.nanoTime();
            CompletableFuture<Duration> failed = CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new))
                    .handle((answers, failure) -> Duration.ofNanos(System.nanoTime() - begin));
            harness.close();
            process.thaw();

            calls.forEach(CloseTest::assertUnavailable);
            assertThat(failed.get(5, TimeUnit.SECONDS)).isLessThan(Duration.ofMillis(400));
        }
    }

    @Test
    void callsThatRaceWithCloseComplete() throws Exception {
        try (RedisProcess process = RedisProcess.start()) {
            for (int i = 0; i < 10; i++) {
                RedisHarness harness = RedisHarness.open("redis.url: " + process.url());
                RedisLoad load = new RedisLoad(harness.redis(), number -> "user" + number % 100);
                Eventually.within(Duration.ofSeconds(5), "calls succeed", () -> load.answered() > 10);
                harness.close();
                Eventually.within(Duration.ofSeconds(5), "calls fail", () -> load.failed() > 10);
                load.stop();

                assertThat(load.failures()).containsOnlyKeys("RedisUnavailableException");
            }
        }
    }

    @Test
    void closeWhileConnectingLogsNoOutage() throws Exception {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(RedisClient.class.getPackageName());
        log.start();
        logger.addAppender(log);
        // Accepts connections and sends nothing: connecting hangs.
        try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            RedisHarness harness = RedisHarness.opening(
                    "redis.url: redis://127.0.0.1:" + mute.getLocalPort(), "redis.connect_timeout: 5s");
            try (Socket connected = mute.accept()) {
                assertThat(connected.isConnected()).isTrue();
                harness.close();
                Eventually.within(
                        Duration.ofSeconds(5), "no thread redis-health runs", () -> noThreadOf("redis-health"));
            }
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list).isEmpty();
    }

    @Test
    void closeEndsTheEmbeddedRedis() throws Exception {
        RedisHarness harness = RedisHarness.open("redis.embedded_memory: 5MB");
        String described = harness.redis().describe();
        int port = Integer.parseInt(described.substring(described.lastIndexOf(':') + 1));
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        harness.close();

        assertThatThrownBy(() -> new Socket(InetAddress.getLoopbackAddress(), port).close())
                .isInstanceOf(IOException.class);
    }

    private static boolean noThreadOf(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.isAlive() && thread.getName().equals(name));
    }

    private static void assertUnavailable(CompletableFuture<Answer> call) {
        assertThatThrownBy(() -> call.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(RedisUnavailableException.class);
    }
}

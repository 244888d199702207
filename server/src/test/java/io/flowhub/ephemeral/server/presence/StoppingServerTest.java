package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.rpc.RetryInfo;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server that stops ends its streams with DRAINING, so that clients connect to another server. */
@Tag("fault")
class StoppingServerTest {

    @Test
    void streamsEndAsDrainingWithARetryDelay() throws Exception {
        TestServer server = TestServer.on(TestRedis.url(), "server.drain_timeout: 2s");
        PresenceCalls calls = new PresenceCalls(server.channel());
        WatchPresenceReader watcher = calls.watch(List.of("alice"));
        Gateway gateway = calls.gateway();
        gateway.heartbeat(List.of("alice"));

        long begin = System.nanoTime();
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(server.server()::close);
        assertDraining(watcher.reader());
        assertDraining(gateway.reader());
        stopped.get(10, TimeUnit.SECONDS);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
        server.channel().shutdownNow();
    }

    private static void assertDraining(StreamReader<?, ?> reader) {
        StatusRuntimeException end = StatusAssert.hasStatus(Code.UNAVAILABLE, "ERROR_REASON_DRAINING", () -> {
            throw reader.awaitFailure(Duration.ofSeconds(10));
        });
        assertThat(Durations.toMillis(StatusAssert.detail(end, RetryInfo.class).getRetryDelay()))
                .isBetween(100L, 1_000L);
    }
}

package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Messages in flight are bounded in bytes while Redis does not answer. */
@Tag("fault")
class BroadcastFloodTest {

    @Test
    void largeMessagesAreRejectedBeforeTheyFillTheMemory() throws Exception {
        Envelope.Message large = new Envelope.Message("room", "alice", ByteString.copyFrom(new byte[65_536]));
        try (RedisProcess process = RedisProcess.start();
                TestRedisClient client = TestRedisClient.open("redis.url: " + process.url());
                BroadcastBroker broker = BroadcastBroker.open(client.redis(), new BroadcastHub())) {
            broker.publish(large).get(10, TimeUnit.SECONDS);
            process.freeze();
            List<CompletableFuture<Integer>> calls =
                    IntStream.range(0, 300).mapToObj(i -> broker.publish(large)).toList();
            assertThat(calls)
                    .filteredOn(CompletableFuture::isCompletedExceptionally)
                    .as("rejected at once, of 300 messages of 26 MB")
                    .hasSizeBetween(100, 150)
                    .allMatch(call ->
                            catchThrowable(() -> call.get(0, TimeUnit.SECONDS)).getCause()
                                    instanceof OverloadedException);
            process.thaw();
            Eventually.within(
                    BroadcastSubscription.SOON,
                    "the message is published",
                    () -> !broker.publish(large).handle((n, e) -> e != null).get(10, TimeUnit.SECONDS));
        }
    }
}

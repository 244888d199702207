package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.error.OverloadedException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.v1.PublishRequest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Messages that Redis does not take fast enough do not fill the memory. */
class BroadcastFloodTest {

    @Test
    void largeMessagesAreRejectedBeforeTheyFillTheMemory() throws Exception {
        PublishRequest large = BroadcastPublisher.message("room", "alice", ByteString.copyFrom(new byte[65_536]));
        try (RedisProcess process = RedisProcess.start();
                RedisClient redis = RedisClient.open(
                        TestServer.configuration("redis.url: " + process.url())
                                .settings()
                                .redis(),
                        Ticker.systemTicker());
                BroadcastBroker broadcast = new BroadcastBroker(redis)) {
            redis.initialRedisCheck().toCompletableFuture().get(10, TimeUnit.SECONDS);
            broadcast.publish(large).get(10, TimeUnit.SECONDS);
            process.freeze();
            List<CompletableFuture<Integer>> answers = IntStream.range(0, 300)
                    .mapToObj(i -> broadcast.publish(large))
                    .toList();
            assertThat(answers)
                    .filteredOn(CompletableFuture::isCompletedExceptionally)
                    .as("refused at once, of 300 that are 26 MB on their way")
                    .hasSizeBetween(100, 150)
                    .allMatch(answer -> catchThrowable(() -> answer.get(0, TimeUnit.SECONDS))
                                    .getCause()
                            instanceof OverloadedException);
            process.thaw();
            Eventually.within(
                    BroadcastSubscription.SOON,
                    "the message is published",
                    () -> !broadcast.publish(large).handle((n, e) -> e != null).get(10, TimeUnit.SECONDS));
        }
    }
}

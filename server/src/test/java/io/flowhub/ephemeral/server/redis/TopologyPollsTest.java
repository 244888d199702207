package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.redisson.client.codec.StringCodec;
import org.redisson.client.protocol.CommandData;
import org.redisson.client.protocol.RedisCommands;
import org.redisson.cluster.ClusterNodeInfo;

/** Redisson polls the topology of a Cluster once a second; few polls reach Redis while nothing happens. */
@Tag("unit")
class TopologyPollsTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Traffic traffic = new Traffic();
    private Duration now = Duration.ZERO;
    private final EmbeddedChannel channel = new EmbeddedChannel(new TopologyPolls(traffic, () -> now.toNanos()));
    private final List<ClusterNodeInfo> nodes = List.of();

    @Test
    void calmClusterIsAskedTwiceAMinuteAndATroubledOneEverySecond() {
        assertThat(pollsThatPass(60)).as("after the start").isEqualTo(60);
        assertThat(pollsThatPass(600)).as("in ten minutes").isBetween(19, 21);

        for (Runnable trouble : List.<Runnable>of(traffic::onFailure, traffic::onDoubt)) {
            trouble.run();
            assertThat(pollsThatPass(60)).as("in the minute after it").isEqualTo(60);
            assertThat(pollsThatPass(60)).as("later").isLessThanOrEqualTo(3);
        }
    }

    /** Polls this many times, once a second. Each gets a reply. Returns how many reached Redis. */
    private int pollsThatPass(int polls) {
        int passed = 0;
        for (int i = 0; i < polls; i++) {
            now = now.plus(SECOND);
            CompletableFuture<List<ClusterNodeInfo>> reply = new CompletableFuture<>();
            channel.writeOutbound(
                    new CommandData<>(reply, StringCodec.INSTANCE, RedisCommands.REDIS_CLUSTER_NODES, new Object[0]));
            if (channel.readOutbound() != null) {
                passed++;
                reply.complete(nodes);
            }
            assertThat(reply).isCompletedWithValue(nodes);
        }
        return passed;
    }
}

package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fanout.BoundedOutbox;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stream that is not read uses bounded memory, loses the oldest messages, and receives their exact number. */
@Tag("contract")
class SlowSubscriberTest {

    /** The buffers of the transports on both sides, in addition to the buffer of the server. */
    private static final int MAX_TRANSPORT_BYTES = 4 << 20;

    /** At 1 KB each these are at most 32 KB together, so they arrive in the order of the calls. */
    private static final int MAX_IN_FLIGHT = 32;

    @AutoClose
    private final ServerProcess server = ServerProcess.start("redis.url: " + TestRedis.url());

    /** A connection for each stalled stream: one stream that is not read delays the others of its connection. */
    @AutoClose("shutdownNow")
    private final ManagedChannel slow = connect();

    @AutoClose("shutdownNow")
    private final ManagedChannel slower = connect();

    private final BroadcastPublisher publisher = new BroadcastPublisher(server.channel());
    private final String room = UniqueIds.next();

    SlowSubscriberTest() {
        server.awaitReady();
    }

    private ManagedChannel connect() {
        return NettyChannelBuilder.forTarget(server.channel().authority())
                .usePlaintext()
                .build();
    }

    @Test
    void gapsCountExactlyWhatAStalledReaderLost() {
        int total = 6_000;
        int bytes = 1_024;
        try (BroadcastSubscription stalled = stalled(slow);
                BroadcastSubscription other = BroadcastSubscription.to(server.channel(), room)) {
            publisher.pipeline(total, MAX_IN_FLIGHT, i -> message(i, bytes));
            other.awaitReceivedAndLost(total);
            stalled.read(total);
            stalled.awaitReceivedAndLost(total);

            assertGapsAreWhereMessagesAreMissing(stalled);
            assertThat(stalled.messages().size())
                    .as("messages buffered for the stream")
                    .isLessThanOrEqualTo(BoundedOutbox.MAX_EVENTS + MAX_TRANSPORT_BYTES / bytes)
                    .isLessThan(total);
            assertStillDelivers(total, stalled);
        }
    }

    /** The server has 96 MB of heap. */
    @Test
    void stalledReadersOfLargeMessagesDoNotFillTheMemory() {
        int total = 2_000;
        int bytes = 65_536;
        try (BroadcastSubscription first = stalled(slow);
                BroadcastSubscription second = stalled(slower)) {
            publisher.pipeline(total, 1, i -> message(i, bytes));
            for (BroadcastSubscription stalled : List.of(first, second)) {
                stalled.read(total);
                stalled.awaitReceivedAndLost(total);
                assertGapsAreWhereMessagesAreMissing(stalled);
                assertThat(stalled.messages().size())
                        .isLessThanOrEqualTo((BoundedOutbox.MAX_BYTES + MAX_TRANSPORT_BYTES) / bytes);
            }
            assertStillDelivers(total, first, second);
        }
    }

    private BroadcastSubscription stalled(Channel channel) {
        BroadcastSubscription stalled = new BroadcastSubscription(channel, true);
        stalled.read(1);
        stalled.add(room);
        return stalled;
    }

    private PublishRequest message(int number, int bytes) {
        ByteBuffer payload = ByteBuffer.allocate(bytes).putInt(number).rewind();
        return BroadcastPublisher.message(room, "alice", ByteString.copyFrom(payload));
    }

    private static void assertGapsAreWhereMessagesAreMissing(BroadcastSubscription subscription) {
        int next = 0;
        for (SubscribeResponse event : subscription.all()) {
            next += (int) event.getGap().getLost();
            if (event.hasMessage()) {
                ByteString payload = event.getMessage().getPayload();
                assertThat(payload.asReadOnlyByteBuffer().getInt()).isEqualTo(next++);
            }
        }
        assertThat(subscription.kinds()).contains(EventCase.GAP);
    }

    private void assertStillDelivers(int total, BroadcastSubscription... subscriptions) {
        publisher.publish(room, "bob", "after the gaps");
        for (BroadcastSubscription subscription : subscriptions) {
            subscription.awaitMessage("after the gaps");
            assertThat(subscription.receivedAndLost()).isEqualTo(total + 1);
        }
    }
}

package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.flowhub.ephemeral.v1.SubscribeResponse.EventCase;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A stream that is not read uses bounded memory, loses the oldest messages, and receives their exact number. */
@Tag("contract")
class SlowSubscriberTest {

    /** The buffers of the transports on both sides, in addition to the buffer of the server. */
    private static final int MAX_TRANSPORT_BYTES = 4 << 20;

    /** At 1 KB each these are at most 32 KB together, so they arrive in the order of the calls. */
    private static final int MAX_IN_FLIGHT = 32;

    private static ServerProcess server;
    private static BroadcastPublisher publisher;

    /** A connection for each stalled stream: one stream that is not read delays the others of its connection. */
    private static ManagedChannel slow;

    private static ManagedChannel slower;

    private final String room = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = ServerProcess.start("redis.url: " + TestRedis.url());
        publisher = new BroadcastPublisher(server.channel());
        slow = connect();
        slower = connect();
    }

    private static ManagedChannel connect() {
        return NettyChannelBuilder.forTarget(server.channel().authority())
                .usePlaintext()
                .build();
    }

    @AfterAll
    static void stop() {
        slow.shutdownNow();
        slower.shutdownNow();
        server.close();
    }

    @Test
    void gapsCountExactlyWhatAStalledReaderLost() throws Exception {
        int total = 6_000;
        int bytes = 1_024;
        try (BroadcastSubscription stalled = stalled(slow);
                BroadcastSubscription other = BroadcastSubscription.to(server.channel(), room)) {
            long begin = System.nanoTime();
            for (int second = 0; second < 6; second++) {
                int from = second * 1_000;
                publisher.pipeline(1_000, MAX_IN_FLIGHT, i -> message(from + i, bytes));
                TimeUnit.NANOSECONDS.sleep((second + 1) * 1_000_000_000L - (System.nanoTime() - begin));
            }
            Eventually.within(
                    BroadcastSubscription.SOON,
                    "all messages are received or counted as lost",
                    () -> receivedAndLost(other) == total);
            stalled.reader().read(total);
            Eventually.within(
                    BroadcastSubscription.SOON,
                    "all messages are received or counted as lost",
                    () -> receivedAndLost(stalled) == total);

            assertGapsAreWhereMessagesAreMissing(stalled);
            assertThat(stalled.messages().size())
                    .as("messages buffered for the stream")
                    .isLessThanOrEqualTo(MessageBuffer.MAX_EVENTS + MAX_TRANSPORT_BYTES / bytes)
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
                stalled.reader().read(total);
                Eventually.within(
                        BroadcastSubscription.SOON,
                        "all messages are received or counted as lost",
                        () -> receivedAndLost(stalled) == total);
                assertGapsAreWhereMessagesAreMissing(stalled);
                assertThat(stalled.messages().size())
                        .isLessThanOrEqualTo((MessageBuffer.MAX_BYTES + MAX_TRANSPORT_BYTES) / bytes);
            }
            assertStillDelivers(total, first, second);
        }
    }

    private BroadcastSubscription stalled(Channel channel) {
        BroadcastSubscription stalled = BroadcastSubscription.open(channel, StreamReader.stalled());
        stalled.reader().read(1);
        stalled.add(room);
        return stalled;
    }

    private PublishRequest message(int number, int bytes) {
        return BroadcastPublisher.message(
                room,
                "alice",
                ByteString.copyFrom(ByteBuffer.allocate(bytes).putInt(number).rewind()));
    }

    private static int receivedAndLost(BroadcastSubscription subscription) {
        return subscription.events().stream()
                .mapToInt(event -> event.getEventCase() == EventCase.MESSAGE
                        ? 1
                        : (int) event.getGap().getLost())
                .sum();
    }

    private static void assertGapsAreWhereMessagesAreMissing(BroadcastSubscription subscription) {
        int next = 0;
        for (SubscribeResponse event : subscription.events()) {
            if (event.getEventCase() == EventCase.GAP) {
                next += (int) event.getGap().getLost();
            } else if (event.getEventCase() == EventCase.MESSAGE) {
                assertThat(number(event)).isEqualTo(next++);
            }
        }
        assertThat(subscription.kinds()).contains(EventCase.GAP);
    }

    private static int number(SubscribeResponse event) {
        return event.getMessage().getPayload().asReadOnlyByteBuffer().getInt();
    }

    private void assertStillDelivers(int total, BroadcastSubscription... subscriptions) {
        publisher.publish(room, "bob", "after the gaps");
        for (BroadcastSubscription subscription : subscriptions) {
            subscription.awaitMessage("after the gaps");
            assertThat(receivedAndLost(subscription)).isEqualTo(total + 1);
        }
    }
}

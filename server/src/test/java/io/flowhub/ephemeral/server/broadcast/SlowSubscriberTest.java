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
import org.junit.jupiter.api.Test;

/** Who does not read costs a server little, loses the oldest, and knows exactly how many. */
class SlowSubscriberTest {

    /** What the transports on both sides hold, beyond the server's buffer. */
    private static final int MAX_BYTES_ON_THE_WAY = 4 << 20;

    /** So few fit into what a connection sends in one piece, and cannot overtake each other. */
    private static final int MAX_UNANSWERED = 32;

    private static ServerProcess server;
    private static BroadcastPublisher publisher;

    /** Each stalled reader has a connection of its own: one that does not read holds up the others of its connection. */
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
                publisher.pipeline(1_000, MAX_UNANSWERED, i -> message(from + i, bytes));
                TimeUnit.NANOSECONDS.sleep((second + 1) * 1_000_000_000L - (System.nanoTime() - begin));
            }
            Eventually.within(
                    BroadcastSubscription.SOON,
                    "all messages are received or counted as lost",
                    () -> heardAndLost(other) == total);
            stalled.reader().read(total);
            Eventually.within(
                    BroadcastSubscription.SOON,
                    "all messages are received or counted as lost",
                    () -> heardAndLost(stalled) == total);

            assertGapsStandWhereMessagesAreMissing(stalled);
            assertThat(stalled.messages().size())
                    .as("messages that were held for the reader")
                    .isLessThanOrEqualTo(MessageBuffer.MAX_WAITING + MAX_BYTES_ON_THE_WAY / bytes)
                    .isLessThan(total);
            assertGoesOn(total, stalled);
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
                        () -> heardAndLost(stalled) == total);
                assertGapsStandWhereMessagesAreMissing(stalled);
                assertThat(stalled.messages().size())
                        .isLessThanOrEqualTo((MessageBuffer.MAX_BYTES + MAX_BYTES_ON_THE_WAY) / bytes);
            }
            assertGoesOn(total, first, second);
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

    private static int heardAndLost(BroadcastSubscription subscription) {
        return subscription.told().stream()
                .mapToInt(told -> told.getEventCase() == EventCase.MESSAGE
                        ? 1
                        : (int) told.getGap().getLost())
                .sum();
    }

    private static void assertGapsStandWhereMessagesAreMissing(BroadcastSubscription subscription) {
        int next = 0;
        for (SubscribeResponse told : subscription.told()) {
            if (told.getEventCase() == EventCase.GAP) {
                next += (int) told.getGap().getLost();
            } else if (told.getEventCase() == EventCase.MESSAGE) {
                assertThat(number(told)).isEqualTo(next++);
            }
        }
        assertThat(subscription.kinds()).contains(EventCase.GAP);
    }

    private static int number(SubscribeResponse told) {
        return told.getMessage().getPayload().asReadOnlyByteBuffer().getInt();
    }

    private void assertGoesOn(int total, BroadcastSubscription... subscriptions) {
        publisher.publish(room, "bob", "go on");
        for (BroadcastSubscription subscription : subscriptions) {
            subscription.awaitMessage("go on");
            assertThat(heardAndLost(subscription)).isEqualTo(total + 1);
        }
    }
}

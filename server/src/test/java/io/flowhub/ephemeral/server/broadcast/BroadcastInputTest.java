package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Invalid input is rejected with the field and its rule, and ends only its own stream. */
@Tag("contract")
@Tag("quick")
class BroadcastInputTest {

    private static TestServer server;
    private static BroadcastPublisher publisher;

    private final String room = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        publisher = new BroadcastPublisher(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void payloadOf65536BytesIsAcceptedAndOf65537IsRejected() {
        try (BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), room)) {
            StatusAssert.invalidField(
                    "payload", () -> publisher.publish(room, "alice", ByteString.copyFrom(new byte[65_537])));
            publisher.publish(room, "alice", ByteString.copyFrom(new byte[65_536]));
            publisher.publish(room, "alice", "last");
            subscription.awaitMessage("last");

            assertThat(subscription.messages()).extracting(String::length).containsExactly(65_536, 4);
        }
    }

    @Test
    void tooManyRoomsInOneRequestAreRejected() {
        assertEndsOnlyItsStream("add_room_ids", SubscribeRequest.newBuilder().addAllAddRoomIds(rooms(0, 1_001)));
        assertEndsOnlyItsStream("remove_room_ids", SubscribeRequest.newBuilder().addAllRemoveRoomIds(rooms(0, 1_001)));
    }

    @Test
    void streamOf20000RoomsIsAcceptedAndOneMoreRoomIsRejected() {
        try (BroadcastSubscription subscription = BroadcastSubscription.open(server.channel())) {
            for (int i = 0; i < 20; i++) {
                subscription.add(rooms(i * 1_000, 1_000).toArray(String[]::new));
            }
            subscription.add(rooms(0, 1_000).toArray(String[]::new)); // already subscribed
            subscription.request(SubscribeRequest.newBuilder()
                    .addAllRemoveRoomIds(rooms(0, 1))
                    .addAddRoomIds(room));
            subscription.awaitSubscribed(room);
            subscription.request(SubscribeRequest.newBuilder().addAllAddRoomIds(rooms(0, 1)));
            assertRejected("add_room_ids", subscription);
        }
    }

    private List<String> rooms(int from, int count) {
        return IntStream.range(from, from + count).mapToObj(i -> room + "-" + i).toList();
    }

    private void assertEndsOnlyItsStream(String field, SubscribeRequest.Builder request) {
        String otherRoom = UniqueIds.next();
        try (BroadcastSubscription other = BroadcastSubscription.to(server.channel(), otherRoom);
                BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), room);
                BroadcastSubscription first = BroadcastSubscription.open(server.channel())) {
            subscription.request(SubscribeRequest.newBuilder());
            first.request(request.clone());
            assertRejected(field, first);
            subscription.request(request);
            assertRejected(field, subscription);
            publisher.publish(otherRoom, "alice", "delivered");
            other.awaitMessage("delivered");
        }
    }

    private static void assertRejected(String field, BroadcastSubscription subscription) {
        StatusAssert.invalidField(field, () -> {
            throw subscription.reader().awaitFailure(BroadcastSubscription.SOON);
        });
    }
}

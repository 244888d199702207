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
import org.junit.jupiter.api.Test;

/** What breaks a rule is named with its rule, and only its own stream ends. */
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
    void payloadMayHave64KilobytesAndNotAByteMore() {
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
        assertEnds("add_room_ids", SubscribeRequest.newBuilder().addAllAddRoomIds(rooms(0, 1_001)));
        assertEnds("remove_room_ids", SubscribeRequest.newBuilder().addAllRemoveRoomIds(rooms(0, 1_001)));
    }

    @Test
    void streamMayHave20000RoomsAndNotOneMore() {
        try (BroadcastSubscription subscription = BroadcastSubscription.open(server.channel())) {
            for (int i = 0; i < 20; i++) {
                subscription.add(rooms(i * 1_000, 1_000).toArray(String[]::new));
            }
            subscription.add(rooms(0, 1_000).toArray(String[]::new)); // these it has
            subscription.request(SubscribeRequest.newBuilder()
                    .addAllRemoveRoomIds(rooms(0, 1))
                    .addAddRoomIds(room));
            subscription.awaitSubscribed(room);
            subscription.request(SubscribeRequest.newBuilder().addAllAddRoomIds(rooms(0, 1)));
            assertEndsBecause("add_room_ids", subscription);
        }
    }

    private List<String> rooms(int from, int count) {
        return IntStream.range(from, from + count).mapToObj(i -> room + "-" + i).toList();
    }

    private void assertEnds(String field, SubscribeRequest.Builder request) {
        String other = UniqueIds.next();
        try (BroadcastSubscription neighbour = BroadcastSubscription.to(server.channel(), other);
                BroadcastSubscription subscription = BroadcastSubscription.to(server.channel(), room);
                BroadcastSubscription fresh = BroadcastSubscription.open(server.channel())) {
            subscription.request(SubscribeRequest.newBuilder());
            fresh.request(request.clone());
            assertEndsBecause(field, fresh);
            if (!field.equals("exclude_sender_id")) { // which counts in the first message
                subscription.request(request);
                assertEndsBecause(field, subscription);
            }
            publisher.publish(other, "alice", "heard");
            neighbour.awaitMessage("heard");
        }
    }

    private static void assertEndsBecause(String field, BroadcastSubscription subscription) {
        StatusAssert.invalidField(field, () -> {
            throw subscription.reader().awaitFailure(BroadcastSubscription.SOON);
        });
    }
}

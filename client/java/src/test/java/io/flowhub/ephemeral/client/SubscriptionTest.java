package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.RecordingListener;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.BroadcastGap;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastResynced;
import io.flowhub.ephemeral.v1.BroadcastStale;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Tag("quick")
@Timeout(60)
class SubscriptionTest {

    private final RecordingListener listener = new RecordingListener();
    private FakeServer server;
    private EphemeralClient client;
    private Subscription subscription;
    private FakeServerStream<SubscribeRequest, SubscribeResponse> stream;

    @BeforeEach
    void start() throws Exception {
        server = FakeServer.start();
        client = server.client();
        subscription = client.subscribe(listener);
        stream = server.broadcast.subscriptions.await();
        subscription.add("kitchen");
        listener.await("subscribed: [kitchen]");
        listener.all.clear();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void messagesArriveInOrder() throws Exception {
        stream.send(message("kitchen", "one"));
        stream.send(message("kitchen", "two"));

        listener.await("message: kitchen alice one", "message: kitchen alice two");
    }

    @Test
    void gapsAreDelivered() throws Exception {
        stream.send(gap(BroadcastGap.newBuilder().setRoomId("kitchen").setLost(7)));
        stream.send(gap(BroadcastGap.newBuilder().setRoomId("kitchen").setLost(0)));
        stream.send(gap(BroadcastGap.newBuilder().setRoomId("hall").setLost(7)));
        stream.send(gap(BroadcastGap.newBuilder()));

        listener.await("gap: kitchen 7", "gap: kitchen 0", "gap: any unknown");
    }

    @Test
    void gapPrecedesTheFirstMessageAfterAReconnect() throws Exception {
        stream.send(message("kitchen", "one"));
        listener.await("message: kitchen alice one");
        listener.all.clear();
        stream.fail(Statuses.unavailable());
        stream = server.broadcast.subscriptions.await();
        assertThat(stream.await().getAddRoomIdsList()).containsExactly("kitchen");
        stream.send(message("kitchen", "three"));

        listener.await(
                "stale", "gap: any unknown", "subscribed: [kitchen]", "resynced", "message: kitchen alice three");
    }

    @Test
    void removedRoomDeliversNothing() throws Exception {
        stream.await();
        subscription.remove("kitchen");
        assertThat(stream.await().getRemoveRoomIdsList()).containsExactly("kitchen");
        stream.send(message("kitchen", "one"));
        subscription.add(List.of("hall", "cellar"));

        listener.await("subscribed: [hall, cellar]");
    }

    @Test
    void unavailableRedisMarksTheStreamStale() throws Exception {
        stream.send(SubscribeResponse.newBuilder()
                .setStale(BroadcastStale.getDefaultInstance())
                .build());
        stream.send(SubscribeResponse.newBuilder()
                .setResynced(BroadcastResynced.getDefaultInstance())
                .build());

        listener.await("stale", "resynced");
    }

    @Test
    void excludedSenderIsSentToEachServer() throws Exception {
        try (Subscription others = client.subscribe("alice", listener)) {
            FakeServerStream<SubscribeRequest, SubscribeResponse> first = server.broadcast.subscriptions.await();
            others.add("hall");
            assertThat(first.await().getExcludeSenderId()).isEqualTo("alice");
            first.fail(Statuses.unavailable());

            assertThat(server.broadcast.subscriptions.await().await().getExcludeSenderId())
                    .isEqualTo("alice");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> client.subscribe("a:b", listener));
    }

    private static SubscribeResponse message(String room, String payload) {
        return SubscribeResponse.newBuilder()
                .setMessage(BroadcastMessage.newBuilder()
                        .setRoomId(room)
                        .setSenderId("alice")
                        .setPayload(ByteString.copyFromUtf8(payload)))
                .build();
    }

    private static SubscribeResponse gap(BroadcastGap.Builder gap) {
        return SubscribeResponse.newBuilder().setGap(gap).build();
    }
}

package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.v1.BroadcastGap;
import io.flowhub.ephemeral.v1.BroadcastMessage;
import io.flowhub.ephemeral.v1.BroadcastResynced;
import io.flowhub.ephemeral.v1.BroadcastStale;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SubscriptionTest {

    private final Told told = new Told();
    private FakeServer server;
    private EphemeralClient client;
    private Subscription subscription;
    private ServerStream<SubscribeRequest, SubscribeResponse> stream;

    @BeforeEach
    void start() throws Exception {
        server = FakeServer.start();
        client = server.client();
        subscription = client.subscribe(told);
        stream = server.broadcast.subscriptions.await();
        subscription.add("kitchen");
        told.await("subscribed: [kitchen]");
        told.all.clear();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void messagesAreToldInTheirOrder() throws Exception {
        stream.say(message("kitchen", "one"));
        stream.say(message("kitchen", "two"));

        told.await("message: kitchen alice one", "message: kitchen alice two");
    }

    @Test
    void whatWasLostIsTold() throws Exception {
        stream.say(gap(BroadcastGap.newBuilder().setRoomId("kitchen").setLost(7)));
        stream.say(gap(BroadcastGap.newBuilder().setRoomId("kitchen").setLost(0)));
        stream.say(gap(BroadcastGap.newBuilder().setRoomId("hall").setLost(7)));
        stream.say(gap(BroadcastGap.newBuilder()));

        told.await("gap: kitchen 7", "gap: kitchen 0", "gap: any unknown");
    }

    @Test
    void afterALostConnectionTheGapIsToldBeforeTheNextMessage() throws Exception {
        stream.say(message("kitchen", "one"));
        told.await("message: kitchen alice one");
        told.all.clear();
        stream.fail(Failures.unavailable());
        stream = server.broadcast.subscriptions.await();
        assertThat(stream.await().getAddRoomIdsList()).containsExactly("kitchen");
        stream.say(message("kitchen", "three"));

        told.await("stale", "gap: any unknown", "subscribed: [kitchen]", "resynced", "message: kitchen alice three");
    }

    @Test
    void nothingIsHeardOfARoomThatIsRemoved() throws Exception {
        stream.await();
        subscription.remove("kitchen");
        assertThat(stream.await().getRemoveRoomIdsList()).containsExactly("kitchen");
        stream.say(message("kitchen", "one"));
        subscription.add(List.of("hall", "cellar"));

        told.await("subscribed: [hall, cellar]");
    }

    @Test
    void redisThatIsAwayIsToldAsSuch() throws Exception {
        stream.say(SubscribeResponse.newBuilder()
                .setStale(BroadcastStale.getDefaultInstance())
                .build());
        stream.say(SubscribeResponse.newBuilder()
                .setResynced(BroadcastResynced.getDefaultInstance())
                .build());

        told.await("stale", "resynced");
    }

    @Test
    void senderWhoIsLeftOutIsNamedToEachServer() throws Exception {
        try (Subscription others = client.subscribe("alice", told)) {
            ServerStream<SubscribeRequest, SubscribeResponse> first = server.broadcast.subscriptions.await();
            others.add("hall");
            assertThat(first.await().getExcludeSenderId()).isEqualTo("alice");
            first.fail(Failures.unavailable());

            assertThat(server.broadcast.subscriptions.await().await().getExcludeSenderId())
                    .isEqualTo("alice");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> client.subscribe("a:b", told));
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

package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.Statuses;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class SubscriptionTest extends WithFakeServer {

    private final SubscriptionListener listener = callbacks.as(SubscriptionListener.class);
    private final Subscription subscription = client.subscribe(listener);
    private FakeServerStream<?, ?> stream;

    SubscriptionTest() throws Exception {
        stream = server.subscriptions.await();
        subscription.add("kitchen");
        stream.await("add_room_ids: 'kitchen'");
        callbacks.await("subscribed [kitchen]");
        callbacks.all.clear();
    }

    @Test
    void messagesAndGapsArriveInOrder() throws Exception {
        stream.send(
                message("one"),
                message("two"),
                "gap { room_id: 'kitchen' lost: 7 }",
                "gap { room_id: 'kitchen' lost: 0 }",
                "gap { room_id: 'hall' lost: 7 }",
                "gap {}");

        callbacks.await(
                "message kitchen alice one",
                "message kitchen alice two",
                "gap kitchen: 7 messages lost",
                "gap kitchen: 0 messages lost",
                "gap any room: unknown number of messages lost");
    }

    @Test
    void gapPrecedesTheFirstMessageAfterAReconnect() throws Exception {
        stream.send(message("one"));
        callbacks.await("message kitchen alice one");
        callbacks.all.clear();
        stream.fail(Statuses.unavailable());
        stream = server.subscriptions.await();
        stream.await("add_room_ids: 'kitchen'");
        stream.send(message("three"));

        callbacks.await(
                "stale",
                "gap any room: unknown number of messages lost",
                "subscribed [kitchen]",
                "resynced",
                "message kitchen alice three");
    }

    @Test
    void removedRoomDeliversNothing() throws Exception {
        subscription.remove("kitchen");
        stream.await("remove_room_ids: 'kitchen'");
        stream.send(message("one"));
        subscription.add(List.of("hall", "cellar"));

        callbacks.await("subscribed [hall, cellar]");
    }

    @Test
    void unavailableRedisMarksTheStreamStale() throws Exception {
        stream.send("stale {}", "resynced {}");

        callbacks.await("stale", "resynced");
    }

    @Test
    void excludedSenderIsSentToEachServer() throws Exception {
        try (Subscription others = client.subscribe("alice", listener)) {
            stream = server.subscriptions.await();
            others.add("hall");
            stream.await("add_room_ids: 'hall' exclude_sender_id: 'alice'");
            stream.fail(Statuses.unavailable());

            server.subscriptions.await().await("add_room_ids: 'hall' exclude_sender_id: 'alice'");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> client.subscribe("a:b", listener));
    }

    private static String message(String payload) {
        return "message { room_id: 'kitchen' sender_id: 'alice' payload: '" + payload + "' }";
    }
}

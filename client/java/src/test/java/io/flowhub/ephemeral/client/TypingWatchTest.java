package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.Statuses;
import java.util.List;
import org.junit.jupiter.api.Test;

class TypingWatchTest extends WithFakeServer {

    private static final String KITCHEN_AND_HALL = "add_room_ids: ['kitchen', 'hall']";
    private static final String TWO_IN_THE_KITCHEN = "typing { room_id: 'kitchen' user_ids: ['alice', 'bob'] }";

    private final TypingWatch watch = client.watchTyping(callbacks.as(TypingListener.class));
    private FakeServerStream<?, ?> stream;

    TypingWatchTest() throws Exception {
        stream = server.typingWatches.await();
        watch.add(List.of("kitchen", "hall"));
        stream.await(KITCHEN_AND_HALL);
        stream.send(TWO_IN_THE_KITCHEN, "typing { room_id: 'hall' }");
        callbacks.await("typing kitchen [alice, bob]", "typing hall []");
        callbacks.all.clear();
    }

    @Test
    void onlyChangedListsAreDeliveredAfterAReconnect() throws Exception {
        stream.fail(Statuses.unavailable());
        stream = server.typingWatches.await();
        stream.await(KITCHEN_AND_HALL);
        stream.send(TWO_IN_THE_KITCHEN, "typing { room_id: 'hall' user_ids: 'carol' }");

        callbacks.await("stale", "typing hall [carol]", "resynced");
    }

    @Test
    void handOverDeliversNothingButChanges() throws Exception {
        stream.send("draining { time_left { seconds: 40 } }");
        FakeServerStream<?, ?> next = server.typingWatches.await();
        next.await(KITCHEN_AND_HALL);
        next.send("typing { room_id: 'kitchen' user_ids: 'bob' }");
        callbacks.await("typing kitchen [bob]");
        stream.send(TWO_IN_THE_KITCHEN, "typing { room_id: 'hall' user_ids: 'carol' }");
        callbacks.await("typing kitchen [bob]", "typing hall [carol]");
        next.send("typing { room_id: 'hall' user_ids: 'carol' }");
        Await.until("a half-closed stream", () -> stream.isHalfClosed);
        stream.finish();
        next.send("typing { room_id: 'hall' }");

        callbacks.await("typing kitchen [bob]", "typing hall [carol]", "typing hall []");
        assertThat(callbacks.all).containsExactlyElementsOf(callbacks.events());
    }

    @Test
    void unavailableRedisMarksTheStreamStale() throws Exception {
        stream.send("stale {}", "typing { room_id: 'kitchen' }", "resynced {}");

        callbacks.await("stale", "typing kitchen []", "resynced");
    }

    @Test
    void removedRoomDeliversNothing() throws Exception {
        watch.remove("kitchen");
        stream.await("remove_room_ids: 'kitchen'");
        stream.send("typing { room_id: 'kitchen' user_ids: 'bob' }", "typing { room_id: 'hall' user_ids: 'bob' }");

        callbacks.await("typing hall [bob]");
    }
}

package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.RecordingListener;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.TypingList;
import io.flowhub.ephemeral.v1.TypingResynced;
import io.flowhub.ephemeral.v1.TypingStale;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Timeout(60)
class TypingWatchTest {

    private final RecordingListener listener = new RecordingListener();
    private FakeServer server;
    private EphemeralClient client;
    private TypingWatch watch;
    private FakeServerStream<WatchTypingRequest, WatchTypingResponse> stream;

    @BeforeEach
    void start() throws Exception {
        server = FakeServer.start();
        client = server.client();
        watch = client.watchTyping(listener);
        stream = server.typing.watches.await();
        watch.add(List.of("kitchen", "hall"));
        assertThat(stream.await().getAddRoomIdsList()).containsExactly("kitchen", "hall");
        stream.send(typing("kitchen", "alice"));
        stream.send(typing("hall"));
        listener.await("typing: kitchen [alice]", "typing: hall []");
        listener.all.clear();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void onlyChangedListsAreDelivered() throws Exception {
        stream.send(typing("kitchen", "alice", "bob"));
        stream.send(typing("kitchen", "alice", "bob"));
        stream.send(typing("kitchen"));

        listener.await("typing: kitchen [alice, bob]", "typing: kitchen []");
    }

    @Test
    void onlyChangedListsAreDeliveredAfterAReconnect() throws Exception {
        stream.fail(Statuses.unavailable());
        stream = server.typing.watches.await();
        assertThat(stream.await().getAddRoomIdsList()).containsExactly("kitchen", "hall");
        stream.send(typing("kitchen"));
        stream.send(typing("hall"));

        listener.await("stale", "typing: kitchen []", "resynced");
    }

    @Test
    void unavailableRedisMarksTheStreamStale() throws Exception {
        stream.send(WatchTypingResponse.newBuilder()
                .setStale(TypingStale.getDefaultInstance())
                .build());
        stream.send(typing("kitchen"));
        stream.send(WatchTypingResponse.newBuilder()
                .setResynced(TypingResynced.getDefaultInstance())
                .build());

        listener.await("stale", "typing: kitchen []", "resynced");
    }

    @Test
    void removedRoomDeliversNothing() throws Exception {
        watch.remove("kitchen");
        assertThat(stream.await().getRemoveRoomIdsList()).containsExactly("kitchen");
        stream.send(typing("kitchen", "bob"));
        stream.send(typing("hall", "bob"));

        listener.await("typing: hall [bob]");
    }

    private static WatchTypingResponse typing(String room, String... users) {
        return WatchTypingResponse.newBuilder()
                .setTyping(TypingList.newBuilder().setRoomId(room).addAllUserIds(List.of(users)))
                .build();
    }
}

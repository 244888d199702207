package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.v1.TypingList;
import io.flowhub.ephemeral.v1.TypingResynced;
import io.flowhub.ephemeral.v1.TypingStale;
import io.flowhub.ephemeral.v1.WatchTypingRequest;
import io.flowhub.ephemeral.v1.WatchTypingResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TypingWatchTest {

    private final Told told = new Told();
    private FakeServer server;
    private EphemeralClient client;
    private TypingWatch watch;
    private ServerStream<WatchTypingRequest, WatchTypingResponse> stream;

    @BeforeEach
    void start() throws Exception {
        server = FakeServer.start();
        client = server.client();
        watch = client.watchTyping(told);
        stream = server.typing.watches.await();
        watch.add(List.of("kitchen", "hall"));
        assertThat(stream.await().getAddRoomIdsList()).containsExactly("kitchen", "hall");
        stream.say(typing("kitchen", "alice"));
        stream.say(typing("hall"));
        told.await("typing: kitchen [alice]", "typing: hall []");
        told.all.clear();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void eachListThatIsAnotherIsTold() throws Exception {
        stream.say(typing("kitchen", "alice", "bob"));
        stream.say(typing("kitchen", "alice", "bob"));
        stream.say(typing("kitchen"));

        told.await("typing: kitchen [alice, bob]", "typing: kitchen []");
    }

    @Test
    void afterALostConnectionOnlyListsThatChangedAreTold() throws Exception {
        stream.fail(Failures.unavailable());
        stream = server.typing.watches.await();
        assertThat(stream.await().getAddRoomIdsList()).containsExactly("kitchen", "hall");
        stream.say(typing("kitchen"));
        stream.say(typing("hall"));

        told.await("stale", "typing: kitchen []", "resynced");
    }

    @Test
    void redisThatIsAwayIsToldAsSuch() throws Exception {
        stream.say(WatchTypingResponse.newBuilder()
                .setStale(TypingStale.getDefaultInstance())
                .build());
        stream.say(typing("kitchen"));
        stream.say(WatchTypingResponse.newBuilder()
                .setResynced(TypingResynced.getDefaultInstance())
                .build());

        told.await("stale", "typing: kitchen []", "resynced");
    }

    @Test
    void nothingIsToldOfARoomThatIsRemoved() throws Exception {
        watch.remove("kitchen");
        assertThat(stream.await().getRemoveRoomIdsList()).containsExactly("kitchen");
        stream.say(typing("kitchen", "bob"));
        stream.say(typing("hall", "bob"));

        told.await("typing: hall [bob]");
    }

    private static WatchTypingResponse typing(String room, String... users) {
        return WatchTypingResponse.newBuilder()
                .setTyping(TypingList.newBuilder().setRoomId(room).addAllUserIds(List.of(users)))
                .build();
    }
}

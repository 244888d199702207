package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Invalid input is rejected with the name of the field, and ends only its own stream. */
@Tag("contract")
@Tag("quick")
class TypingInputTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private static TestServer server;
    private static TypingCalls rooms;

    private final String room = UniqueIds.next();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        rooms = new TypingCalls(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void moreThan1000RoomsInOneRequestAreRejected() {
        String[] many = Collections.nCopies(1_001, room).toArray(String[]::new);
        assertRejected("add_room_ids", rooms.watch(many));
        assertRejected("remove_room_ids", rooms.watch().remove(many));
    }

    @Test
    void moreThan20000RoomsOnOneStreamAreRejected() {
        WatchTypingReader stream = rooms.watch();
        for (int message = 0; message < 20; message++) {
            stream.add(newRooms(1_000));
        }
        stream.add(newRooms(1));
        assertRejected("add_room_ids", stream);
    }

    @Test
    void otherStreamsStayOpen() {
        try (WatchTypingReader good = rooms.watch(room)) {
            good.await(room);
            assertRejected("add_room_ids[1]", rooms.watch(room, "a:b"));
            rooms.start(room, "alice");
            good.await(room, "alice");
            assertThat(good.reader().hasEnded()).isFalse();
        }
    }

    private static void assertRejected(String field, WatchTypingReader stream) {
        StatusAssert.invalidField(field, () -> {
            throw stream.reader().awaitFailure(SOON);
        });
    }

    private static String[] newRooms(int count) {
        return IntStream.range(0, count).mapToObj(i -> UniqueIds.next()).toArray(String[]::new);
    }
}

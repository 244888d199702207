package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.Refused;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input is an error with the field's name; a stream ends with it, and no other does. */
class BadInputTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private static TestServer server;
    private static Rooms rooms;

    private final String room = Fresh.id();

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        rooms = new Rooms(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a:b", "{a}", "a b", "nul\0"})
    void malformedIdsAreNamedWithTheirRule(String id) {
        Refused.because("room_id", () -> rooms.start(id, "alice"));
        Refused.because("room_id", () -> rooms.stop(id, "alice"));
        Refused.because("room_id", () -> rooms.list(id));
        Refused.because("user_id", () -> rooms.start(room, id));
        Refused.because("user_id", () -> rooms.stop(room, id));
        assertEndsBecause("add_room_ids[1]", rooms.watch(room, id));
        assertEndsBecause("remove_room_ids[0]", rooms.watch(room).remove(id));
    }

    @Test
    void moreThanAThousandRoomsAMessageAreTooMany() {
        String[] many = Collections.nCopies(1_001, room).toArray(String[]::new);
        assertEndsBecause("add_room_ids", rooms.watch(many));
        assertEndsBecause("remove_room_ids", rooms.watch().remove(many));
    }

    @Test
    void moreThanTwentyThousandRoomsAStreamAreTooMany() {
        Watching watching = rooms.watch();
        for (int message = 0; message < 20; message++) {
            watching.add(freshRooms(1_000));
        }
        watching.add(freshRooms(1));
        assertEndsBecause("add_room_ids", watching);
    }

    @Test
    void otherStreamsDoNotNotice() {
        try (Watching good = rooms.watch(room)) {
            good.await(room);
            assertEndsBecause("add_room_ids[1]", rooms.watch(room, "a:b"));
            rooms.start(room, "alice");
            good.await(room, "alice");
            assertThat(good.reader().hasEnded()).isFalse();
        }
    }

    private static void assertEndsBecause(String field, Watching watching) {
        Refused.because(field, () -> {
            throw watching.reader().awaitFailure(SOON);
        });
    }

    private static String[] freshRooms(int count) {
        return IntStream.range(0, count).mapToObj(i -> Fresh.id()).toArray(String[]::new);
    }
}

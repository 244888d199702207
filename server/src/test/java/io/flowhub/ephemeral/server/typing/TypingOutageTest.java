package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.WatchTypingResponse.EventCase;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** During an outage streams stay open and are stale; after it their lists are up to date again. */
@Tag("fault")
class TypingOutageTest {

    private final String room = UniqueIds.next();
    private final String quiet = UniqueIds.next();

    @AutoClose
    private final TestServer server = TestServer.withRedis();

    private final RedisProcess redis = server.redis();
    private final TypingCalls rooms = new TypingCalls(server.channel());

    @Test
    void streamsAreStaleAndThenReceiveWhatChanged() throws Exception {
        try (WatchTypingReader stream = rooms.watch(room, quiet)) {
            stream.await(room);
            stream.await(quiet);
            rooms.start(room, "alice");
            stream.await(room, "alice");

            redis.kill();
            stream.await(EventCase.STALE);
            try (WatchTypingReader openedDuringTheOutage = rooms.watch(room)) {
                openedDuringTheOutage.await(EventCase.STALE);
                redis.restart();
                openedDuringTheOutage.await(EventCase.RESYNCED);
                assertThat(openedDuringTheOutage.kinds())
                        .containsExactly(EventCase.STALE, EventCase.TYPING, EventCase.RESYNCED);
            }
            stream.await(EventCase.RESYNCED);

            assertThat(stream.lists(room)).containsExactly(List.of(), List.of("alice"), List.of());
            assertThat(stream.lists(quiet)).as("a room that did not change").hasSize(1);
            assertThat(stream.kinds())
                    .endsWith(EventCase.TYPING, EventCase.STALE, EventCase.TYPING, EventCase.RESYNCED);
            rooms.start(room, "bob");
            stream.await(room, "bob");
        }
    }

    @Test
    void unreadableRoomDoesNotDelayTheOthers() throws Exception {
        try (WatchTypingReader stream = rooms.watch(room, quiet)) {
            stream.await(room);
            stream.await(quiet);
            redis.kill();
            stream.await(EventCase.STALE);
            redis.restart();
            try (Jedis jedis = redis.jedis()) {
                jedis.set(TypingCalls.index(quiet), "text", TypingCalls.FOR_A_MINUTE);
                stream.await(EventCase.RESYNCED);
                rooms.start(room, "alice");
                stream.await(room, "alice");
                jedis.del(TypingCalls.index(quiet));
                rooms.start(quiet, "bob");
                stream.await(quiet, "bob");
            }
        }
    }

    @Test
    void changeDuringALostSubscriptionIsSent() {
        try (Jedis jedis = redis.jedis()) {
            for (String current : UniqueIds.next(5)) {
                try (WatchTypingReader stream = rooms.watch(current)) {
                    stream.await(current);
                    Eventually.within(
                            WatchTypingReader.SOON,
                            "the server is subscribed",
                            () -> jedis.pubsubNumSub("ephemeral:typing").containsValue(1L));
                    server.redis().killSubscriptions();
                    rooms.start(current, "alice");
                    stream.await(current, "alice");
                }
            }
        }
    }
}

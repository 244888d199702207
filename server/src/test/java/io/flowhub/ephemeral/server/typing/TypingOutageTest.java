package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.WatchTypingResponse.EventCase;
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
}

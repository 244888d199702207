package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.WatchTypingResponse.EventCase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.SetParams;

/** During an outage streams stay open and are stale; after it their lists are up to date again. */
@Tag("fault")
class TypingOutageTest {

    private final String room = UniqueIds.next();
    private final String quiet = UniqueIds.next();

    @Test
    void streamIsStaleAndThenReceivesWhatChanged() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            try (WatchTypingReader stream = rooms.watch(room, quiet)) {
                stream.await(room);
                stream.await(quiet);
                rooms.start(room, "alice");
                stream.await(room, "alice");

                redis.kill();
                stream.await(EventCase.STALE);
                redis.restart();
                stream.await(EventCase.RESYNCED);

                assertThat(stream.lists(room)).containsExactly(List.of(), List.of("alice"), List.of());
                assertThat(stream.lists(quiet))
                        .as("the lists of a room that did not change")
                        .hasSize(1);
                assertThat(stream.kinds())
                        .endsWith(EventCase.TYPING, EventCase.STALE, EventCase.TYPING, EventCase.RESYNCED);
                rooms.start(room, "bob");
                stream.await(room, "bob");
            }
        }
    }

    @Test
    void streamOpenedDuringAnOutageIsStaleAndReceivesItsListsAfterIt() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            try (WatchTypingReader stream = rooms.watch(quiet)) {
                stream.await(quiet);
                redis.kill();
                stream.await(EventCase.STALE);
            }
            try (WatchTypingReader stream = rooms.watch(room)) {
                stream.await(EventCase.STALE);
                redis.restart();
                stream.await(EventCase.RESYNCED);
                assertThat(stream.kinds()).containsExactly(EventCase.STALE, EventCase.TYPING, EventCase.RESYNCED);
            }
        }
    }

    @Test
    void unreadableRoomDoesNotDelayTheOthers() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            try (WatchTypingReader stream = rooms.watch(room, quiet)) {
                stream.await(room);
                stream.await(quiet);
                redis.kill();
                stream.await(EventCase.STALE);
                redis.restart();
                try (Jedis jedis = redis.jedis()) {
                    jedis.set(
                            TypingCalls.index(quiet),
                            "text",
                            SetParams.setParams().px(60_000));
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

    @Test
    void changeDuringALostSubscriptionIsSent() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                Jedis jedis = redis.jedis();
                TestServer server = TestServer.on(redis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            for (int i = 0; i < 5; i++) {
                String current = UniqueIds.next();
                try (WatchTypingReader stream = rooms.watch(current)) {
                    stream.await(current);
                    Eventually.within(
                            Duration.ofSeconds(10),
                            "the server is subscribed",
                            () -> jedis.pubsubNumSub("ephemeral:typing").containsValue(1L));
                    jedis.clientKill(ClientKillParams.clientKillParams().type(ClientType.PUBSUB));
                    rooms.start(current, "alice");
                    stream.await(current, "alice");
                }
            }
        }
    }
}

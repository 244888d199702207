package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.WatchTypingResponse.EventCase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.SetParams;

/** During an outage streams are stale but stay open; after it they are complete again. */
class TypingOutageTest {

    private final String room = UniqueIds.next();
    private final String quiet = UniqueIds.next();

    @Test
    void watchersAreStaleAndThenGetWhatChanged() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            try (WatchTypingReader watching = rooms.watch(room, quiet)) {
                watching.await(room);
                watching.await(quiet);
                rooms.start(room, "alice");
                watching.await(room, "alice");

                redis.kill();
                watching.await(EventCase.STALE);
                redis.restart();
                watching.await(EventCase.RESYNCED);

                assertThat(watching.lists(room)).containsExactly(List.of(), List.of("alice"), List.of());
                assertThat(watching.lists(quiet)).as("no difference").hasSize(1);
                assertThat(watching.kinds())
                        .endsWith(EventCase.TYPING, EventCase.STALE, EventCase.TYPING, EventCase.RESYNCED);
                rooms.start(room, "bob");
                watching.await(room, "bob");
            }
        }
    }

    @Test
    void watchOpenedDuringAnOutageIsStaleAndGetsItsListsLater() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            try (WatchTypingReader watching = rooms.watch(quiet)) {
                watching.await(quiet);
                redis.kill();
                watching.await(EventCase.STALE);
            }
            try (WatchTypingReader watching = rooms.watch(room)) {
                watching.await(EventCase.STALE);
                redis.restart();
                watching.await(EventCase.RESYNCED);
                assertThat(watching.kinds()).containsExactly(EventCase.STALE, EventCase.TYPING, EventCase.RESYNCED);
            }
        }
    }

    @Test
    void unreadableRoomDoesNotDelayTheOthers() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            try (WatchTypingReader watching = rooms.watch(room, quiet)) {
                watching.await(room);
                watching.await(quiet);
                redis.kill();
                watching.await(EventCase.STALE);
                redis.restart();
                try (Jedis jedis = redis.jedis()) {
                    jedis.set(
                            TypingCalls.index(quiet),
                            "text",
                            SetParams.setParams().px(60_000));
                    watching.await(EventCase.RESYNCED);
                    rooms.start(room, "alice");
                    watching.await(room, "alice");
                    jedis.del(TypingCalls.index(quiet));
                    rooms.start(quiet, "bob");
                    watching.await(quiet, "bob");
                }
            }
        }
    }

    @Test
    void lostSubscriptionLosesNoChange() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                Jedis jedis = redis.jedis();
                TestServer server = TestServer.on(redis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            for (int i = 0; i < 5; i++) {
                String one = UniqueIds.next();
                try (WatchTypingReader watching = rooms.watch(one)) {
                    watching.await(one);
                    Eventually.within(
                            Duration.ofSeconds(10),
                            "the server is subscribed",
                            () -> jedis.pubsubNumSub("ephemeral:typing").containsValue(1L));
                    jedis.clientKill(ClientKillParams.clientKillParams().type(ClientType.PUBSUB));
                    rooms.start(one, "alice");
                    watching.await(one, "alice");
                }
            }
        }
    }
}

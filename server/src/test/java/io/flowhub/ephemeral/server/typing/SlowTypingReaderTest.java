package io.flowhub.ephemeral.server.typing;

import static io.flowhub.ephemeral.server.typing.WatchTypingReader.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.ManagedChannel;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** A stream that is read too slowly receives the latest list of a room and skips older ones. */
@Tag("contract")
class SlowTypingReaderTest {

    private static final int CHANGES = 40;
    private static final int USERS = 900;
    private static final long TTL_MILLIS = 600_000;

    private final String room = UniqueIds.next();

    @Test
    void slowReaderGetsTheLatestList() throws Exception {
        fillRoom();
        try (TestServer server = TestServer.shared()) {
            TypingCalls rooms = new TypingCalls(server.channel());
            ManagedChannel narrow = server.narrowChannel();
            try (WatchTypingReader slow = new WatchTypingReader(narrow, true).add(List.of(room));
                    WatchTypingReader eager = rooms.watch(room)) {
                eager.awaitLists(room, 1);
                for (int i = 1; i <= CHANGES; i++) { // of 110 KB each
                    if (i % 2 == 1) {
                        rooms.start(room, "alice");
                    } else {
                        rooms.stop(room, "alice");
                    }
                    eager.awaitLists(room, i + 1);
                }
                assertThat(eager.lists(room)).allMatch(list -> list.size() >= USERS);
                rooms.start(room, "bob");
                eager.await(SOON, "bob is listed", () -> eager.last(room).contains("bob"));
                assertThat(slow.all()).isEmpty();

                slow.read(1_000);
                slow.awaitLists(room, 2);
                slow.await(SOON, "bob is listed", () -> slow.last(room).contains("bob"));
                assertThat(slow.last(room)).isEqualTo(eager.last(room));
                assertThat(slow.lists(room).size()).isLessThan(CHANGES / 2);
            } finally {
                narrow.shutdownNow();
            }
        }
    }

    /** With a TTL that outlasts the test on a busy machine: each expiry is a change of the list. */
    private void fillRoom() {
        try (Jedis redis = TestRedis.jedis()) {
            double now = System.currentTimeMillis(); // an older entry would leave the index at the next start
            for (int i = 0; i < USERS; i++) {
                String user = "u".repeat(117) + "-" + i;
                redis.set(
                        TypingCalls.key(room, user),
                        "true",
                        SetParams.setParams().px(TTL_MILLIS));
                redis.zadd(TypingCalls.index(room), now + i, user);
            }
            redis.pexpire(TypingCalls.index(room), TTL_MILLIS);
        }
    }
}

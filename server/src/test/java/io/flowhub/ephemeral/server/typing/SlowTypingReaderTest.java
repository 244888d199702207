package io.flowhub.ephemeral.server.typing;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.SetParams;

/** A stream that is read too slowly receives the latest list of a room and skips older ones. */
@Tag("contract")
class SlowTypingReaderTest {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int CHANGES = 40;

    private final String room = UniqueIds.next();

    @Test
    void slowReaderGetsTheLatestList() throws Exception {
        fillRoom();
        try (TestServer server = TestServer.on(TestRedis.url())) {
            TypingCalls rooms = new TypingCalls(server.channel());
            ManagedChannel narrow = narrowChannel(server);
            try (WatchTypingReader slow = WatchTypingReader.stalled(narrow).add(room);
                    WatchTypingReader eager = rooms.watch(room)) {
                Eventually.within(
                        SOON,
                        "the first list of the room",
                        () -> eager.lists(room).size() == 1);
                for (int i = 1; i <= CHANGES; i++) { // of 110 KB each
                    int earlier = i;
                    if (i % 2 == 1) {
                        rooms.start(room, "alice");
                    } else {
                        rooms.stop(room, "alice");
                    }
                    Eventually.within(
                            SOON,
                            "another list of the room",
                            () -> eager.lists(room).size() > earlier);
                }
                rooms.start(room, "bob");
                Eventually.within(SOON, "bob is listed", () -> last(eager).contains("bob"));
                assertThat(slow.reader().all()).isEmpty();

                slow.reader().read(1_000);
                Eventually.within(
                        SOON,
                        "another list of the room",
                        () -> slow.lists(room).size() > 1 && last(slow).contains("bob"));
                assertThat(last(slow)).isEqualTo(last(eager));
                assertThat(slow.lists(room).size()).isLessThan(CHANGES / 2);
            } finally {
                narrow.shutdownNow();
            }
        }
    }

    /** A channel that buffers at most 64 KB ahead of its reader. */
    private static ManagedChannel narrowChannel(TestServer server) {
        return NettyChannelBuilder.forAddress("127.0.0.1", server.server().port())
                .flowControlWindow(1 << 16)
                .usePlaintext()
                .build();
    }

    private static List<String> last(WatchTypingReader stream) {
        List<List<String>> lists = stream.reader().all().stream()
                .map(event -> List.copyOf(event.getTyping().getUserIdsList()))
                .toList();
        return lists.get(lists.size() - 1);
    }

    private void fillRoom() {
        try (Jedis redis = TestRedis.jedis();
                Pipeline pipeline = redis.pipelined()) {
            for (int i = 0; i < 900; i++) {
                String user = "u".repeat(117) + "-" + i;
                pipeline.set(
                        TypingCalls.key(room, user),
                        "true",
                        SetParams.setParams().px(60_000));
                pipeline.zadd(TypingCalls.index(room), i, user);
            }
            pipeline.pexpire(TypingCalls.index(room), 60_000);
        }
    }
}

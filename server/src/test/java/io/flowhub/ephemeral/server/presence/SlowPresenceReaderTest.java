package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A client that does not read its stream costs bounded memory. */
@Tag("contract")
class SlowPresenceReaderTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    /** Long ids, so that few fit into the flow control window. */
    private final String prefix = UniqueIds.next() + "x".repeat(70);

    private RedisProcess redis; // not shared: thousands of users remain in it
    private TestServer server;
    private PresenceCalls calls;
    private NarrowChannel narrow;

    @BeforeEach
    void start() throws Exception {
        redis = RedisProcess.start();
        server = TestServer.on(redis.url());
        calls = new PresenceCalls(server.channel());
        narrow = NarrowChannel.to(server);
    }

    @AfterEach
    void stop() {
        narrow.close();
        server.close();
        redis.close();
    }

    @Test
    void stalledWatcherGetsTheLatestStateOfEachUserAndNoBacklog() {
        List<String> users = PresenceCalls.users(prefix, 200);
        try (Gateway gateway = calls.gateway();
                WatchPresenceReader witness = calls.watch(users);
                WatchPresenceReader stalled = new WatchPresenceReader(narrow.channel(), StreamReader.stalled())) {
            stalled.add(users).reader().read(1);
            stalled.awaitSnapshotOf(users);
            for (int round = 0; round < 40; round++) {
                gateway.heartbeat(users);
                witness.await(SOON, true, users);
                users.forEach(calls::setOffline);
                witness.await(SOON, false, users);
            }
            gateway.heartbeat(users.subList(0, 50));
            witness.await(SOON, true, users.subList(0, 50));
            stalled.reader().read(1_000_000);
            stalled.await(SOON, true, users.subList(0, 50));
            stalled.await(SOON, false, users.subList(50, 200));

            long all = witness.events().count();
            assertThat(all).isGreaterThan(10_000);
            assertThat(stalled.events().count()).as("of %d", all).isLessThan(2_000);
        }
    }

    @Test
    void senderThatReadsNoResponsesIsThrottled() {
        int frames = 20;
        try (Gateway gateway = new Gateway(narrow.channel(), StreamReader.stalled())) {
            for (int i = 0; i < frames; i++) { // each response fills the flow control window
                gateway.send(Gateway.frame(PresenceCalls.users(prefix + i, HeartbeatFrame.MAX_HEARTBEATS)));
            }
            Eventually.within(SOON, "frame 1 is processed", () -> calls.isOnline(user(1)));
            try (Gateway other = calls.gateway()) { // takes as long as the frames of the first stream would
                for (int i = 0; i < frames; i++) {
                    other.heartbeat(PresenceCalls.users(prefix + "other" + i, HeartbeatFrame.MAX_HEARTBEATS));
                }
            }
            assertThat(calls.isOnline(user(4))).as("frame 4 was processed").isFalse();

            gateway.reader().read(1_000_000);
            gateway.awaitResponse(frames - 1);
            assertThat(gateway.reader().all())
                    .extracting(response -> response.getSequence())
                    .isSorted()
                    .hasSize(frames);
            assertThat(calls.isOnline(user(frames - 1))).isTrue();
        }
    }

    private String user(int frame) {
        return prefix + frame + "-0";
    }
}

package io.flowhub.ephemeral.server.presence;

import static io.flowhub.ephemeral.server.presence.WatchPresenceReader.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.ManagedChannel;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A client that does not read its stream costs bounded memory. */
@Tag("contract")
class SlowPresenceReaderTest {

    /** Long ids, so that few fit into the flow control window. */
    private final String prefix = UniqueIds.next() + "x".repeat(70);

    @AutoClose
    private final TestServer server = TestServer.withRedis(); // not shared: thousands of users remain in it

    @AutoClose("shutdownNow")
    private final ManagedChannel narrow = server.narrowChannel();

    private final PresenceCalls calls = new PresenceCalls(server.channel());

    @Test
    void stalledWatcherGetsTheLatestStateOfEachUserAndNoBacklog() {
        List<String> users = PresenceCalls.users(prefix, 200);
        try (Gateway gateway = calls.gateway();
                WatchPresenceReader witness = calls.watch(users);
                WatchPresenceReader stalled = new WatchPresenceReader(narrow, true)) {
            stalled.add(users).read(1);
            stalled.awaitSnapshotOf(users);
            for (int round = 0; round < 40; round++) {
                gateway.heartbeat(users);
                witness.await(SOON, true, users);
                users.forEach(calls::setOffline);
                witness.await(SOON, false, users);
            }
            gateway.heartbeat(users.subList(0, 50));
            witness.await(SOON, true, users.subList(0, 50));
            stalled.read(1_000_000);
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
        try (Gateway gateway = new Gateway(narrow, true)) {
            for (int i = 0; i < frames; i++) { // each response fills the flow control window
                gateway.send(PresenceCalls.users(prefix + i, HeartbeatFrame.MAX_HEARTBEATS));
            }
            Eventually.within(SOON, "frame 1 is processed", () -> calls.isOnline(user(1)));
            try (Gateway other = calls.gateway()) { // takes as long as the frames of the first stream would
                for (int i = 0; i < frames; i++) {
                    other.heartbeat(PresenceCalls.users(prefix + "other" + i, HeartbeatFrame.MAX_HEARTBEATS));
                }
            }
            assertThat(calls.isOnline(user(4))).as("frame 4 was processed").isFalse();

            gateway.read(1_000_000);
            gateway.awaitResponse(frames - 1);
            assertThat(gateway.all())
                    .extracting(StreamHeartbeatsResponse::getSequence)
                    .isSorted()
                    .hasSize(frames);
            assertThat(calls.isOnline(user(frames - 1))).isTrue();
        }
    }

    private String user(int frame) {
        return prefix + frame + "-0";
    }
}

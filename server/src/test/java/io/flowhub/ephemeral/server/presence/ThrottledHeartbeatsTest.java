package io.flowhub.ephemeral.server.presence;

import static io.flowhub.ephemeral.server.presence.WatchPresenceReader.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Gateways that send more heartbeats than the server can queue, or read no responses, are slowed down. */
@Tag("contract")
class ThrottledHeartbeatsTest {

    /** Long ids, so that few fit into the flow control window. */
    private final String prefix = UniqueIds.next() + "x".repeat(70);

    @AutoClose
    private final TestServer server = // not shared: thousands of users remain in it
            TestServer.withRedis("redis.max_queued_calls: 1024", "redis.timeout: 500ms");

    @AutoClose("shutdownNow")
    private final ManagedChannel narrow = server.narrowChannel();

    private final PresenceCalls calls = new PresenceCalls(server.channel());

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

    @Test
    void moreHeartbeatsThanTheQueueHoldsAreAllAccepted() {
        List<Gateway> gateways = Stream.generate(calls::gateway).limit(10).toList(); // they end with the server
        for (int frame = 0; frame < 5; frame++) {
            for (int i = 0; i < gateways.size(); i++) {
                gateways.get(i).send(PresenceCalls.users("g" + i + "f" + frame, HeartbeatFrame.MAX_HEARTBEATS));
            }
        }
        for (Gateway gateway : gateways) {
            gateway.awaitResponse(4);
            assertThat(gateway.all())
                    .allMatch(response -> response.getRejectedCount() == 0)
                    .allMatch(response -> response.getCameOnlineCount() == HeartbeatFrame.MAX_HEARTBEATS);
        }
    }

    private String user(int frame) {
        return prefix + frame + "-0";
    }
}

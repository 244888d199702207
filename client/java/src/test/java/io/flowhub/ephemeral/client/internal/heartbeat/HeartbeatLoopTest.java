package io.flowhub.ephemeral.client.internal.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.HeartbeatsListener;
import io.flowhub.ephemeral.client.internal.stream.OutgoingStream;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The loop on a fake stream, with time that the tests advance. */
@Tag("unit")
class HeartbeatLoopTest {

    private final FakeStream stream = new FakeStream();
    private final List<HeartbeatKey> offline = new ArrayList<>();
    private final List<CompletableFuture<?>> offlineCalls = new ArrayList<>();
    private final HeartbeatLoop loop = new HeartbeatLoop(
            stream, this::setOffline, new HeartbeatsListener() {}, () -> stream.now, new SplittableRandom(7));

    @BeforeEach
    void open() {
        loop.onOpen();
    }

    @Test
    void slowServerReceivesAtMostFourUnansweredFrames() {
        for (int i = 0; i < 10_000; i++) {
            loop.add(new HeartbeatKey("user-" + i, ""));
        }
        tick(5);
        assertThat(stream.sent).hasSize(4);

        loop.onMessage(accepted(1));

        assertThat(stream.sent).hasSize(5).allMatch(frame -> frame.getUserIdsCount() == 1_000);
    }

    @Test
    void setOfflineWaitsForTheHeartbeatInFlight() {
        loop.add(key("alice"));
        tick(1);
        loop.remove(key("alice"));
        tick(3);
        assertThat(offline).isEmpty();

        loop.onMessage(accepted(1));

        assertThat(offline).containsExactly(key("alice"));
    }

    @Test
    void setOfflineFollowsABreakOfTheStream() {
        loop.add(key("alice"));
        tick(1);
        loop.remove(key("alice"));

        loop.onBreak(Status.UNAVAILABLE.asRuntimeException());

        assertThat(offline).containsExactly(key("alice"));
        loop.onOpen();
        tick(100);
        assertThat(stream.sent).hasSize(1);
    }

    @Test
    void userAddedAgainIsSentOnlyAfterSetOfflineEnded() {
        loop.add(key("alice"));
        tick(1);
        loop.onMessage(accepted(1));
        loop.remove(key("alice"));
        loop.add(key("alice"));
        tick(100);
        assertThat(stream.sent).hasSize(1);

        offlineCalls.get(0).complete(null);
        tick(1);

        assertThat(stream.sent).hasSize(2);
        assertThat(offline).hasSize(1);
    }

    @Test
    void atMostSixtyFourSetOfflineCallsAreInFlight() {
        for (int i = 0; i < 200; i++) {
            loop.add(key("user-" + i));
        }
        tick(1);
        loop.onMessage(accepted(1));
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.removeAll(done);
        tick(5);
        assertThat(offline).hasSize(64);

        offlineCalls.get(0).completeExceptionally(Status.UNAVAILABLE.asRuntimeException());

        assertThat(offline).hasSize(65);
        assertThat(done).isNotDone();
    }

    @Test
    void frameUnansweredForHalfOfTheLifetimeAbortsTheStream() {
        loop.add(key("alice"));
        tick(51);
        assertThat(stream.aborts).isEmpty();

        tick(1);

        assertThat(stream.aborts).containsExactly("A frame of heartbeats was not answered");
    }

    @Test
    void responseOutOfOrderAbortsTheStream() {
        loop.add(key("alice"));
        tick(1);

        loop.onMessage(accepted(2));

        assertThat(stream.aborts).containsExactly("Frame 2 was answered out of order");
    }

    @Test
    void frameRejectedAsAWholeIsRetriedForAllItsUsers() {
        loop.add(key("alice"));
        loop.add(key("bob"));
        tick(1);

        loop.onMessage(accepted(1).toBuilder()
                .addRejected(RejectedHeartbeat.newBuilder().setIndex(-1).setErrorReason("ERROR_REASON_INVALID_FIELD"))
                .build());
        tick(1);

        assertThat(stream.sent).hasSize(2);
        assertThat(stream.sent.get(1).getUserIdsList()).containsExactlyInAnyOrder("alice", "bob");
    }

    @Test
    void heartbeatsFollowTheIntervalOfTheServer() {
        loop.add(key("alice"));
        tick(1);
        StreamHeartbeatsResponse every200Millis = accepted(1).toBuilder()
                .setNextIn(com.google.protobuf.Duration.newBuilder().setNanos(200_000_000))
                .build();
        loop.onMessage(every200Millis);
        for (int frame = 2; frame <= 5; frame++) {
            tick(3);
            assertThat(stream.sent).hasSize(frame);
            loop.onMessage(every200Millis.toBuilder().setSequence(frame).build());
        }
    }

    private CompletableFuture<?> setOffline(HeartbeatKey key) {
        offline.add(key);
        CompletableFuture<?> call = new CompletableFuture<>();
        offlineCalls.add(call);
        return call;
    }

    private void tick(int times) {
        for (int i = 0; i < times; i++) {
            stream.now += HeartbeatLoop.TICK.toNanos();
            loop.tick();
        }
    }

    private static HeartbeatKey key(String userId) {
        return new HeartbeatKey(userId, "");
    }

    private static StreamHeartbeatsResponse accepted(long sequence) {
        return StreamHeartbeatsResponse.newBuilder().setSequence(sequence).build();
    }

    /** Always ready. Runs tasks at once. */
    private static final class FakeStream implements OutgoingStream<StreamHeartbeatsRequest> {

        private final List<StreamHeartbeatsRequest> sent = new ArrayList<>();
        private final List<String> aborts = new ArrayList<>();
        private long now = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos(); // Overflows, as nanoTime may.

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void send(StreamHeartbeatsRequest message) {
            sent.add(message);
        }

        @Override
        public void abort(String reason) {
            aborts.add(reason);
        }
    }
}

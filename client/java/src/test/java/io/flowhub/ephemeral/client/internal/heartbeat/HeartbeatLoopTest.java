package io.flowhub.ephemeral.client.internal.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.HeartbeatsListener;
import io.flowhub.ephemeral.client.fixture.CallRecorder;
import io.flowhub.ephemeral.client.fixture.Statuses;
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
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loop on a fake stream, with time that the tests advance. */
@Tag("unit")
class HeartbeatLoopTest {

    private final FakeStream stream = new FakeStream();
    private final CallRecorder callbacks = new CallRecorder();
    private final List<HeartbeatKey> offline = new ArrayList<>();
    private final List<CompletableFuture<?>> offlineCalls = new ArrayList<>();
    private final HeartbeatLoop loop = new HeartbeatLoop(
            stream,
            this::setOffline,
            callbacks.as(HeartbeatsListener.class),
            () -> stream.now,
            new SplittableRandom(7));

    HeartbeatLoopTest() {
        loop.onOpen();
    }

    @Test
    void slowServerReceivesAtMostFourUnansweredFramesOfAtMostOneThousand() {
        send(numbered(10_000));
        tick(4);
        assertThat(stream.sent).hasSize(4);

        accept(1);

        assertThat(stream.sent).hasSize(5).allMatch(frame -> frame.getUserIdsCount() == 1_000);
    }

    @Test
    void setOfflineWaitsForTheHeartbeatInFlight() {
        send("alice");
        loop.remove(key("alice"));
        tick(3);
        assertThat(offline).isEmpty();

        accept(1);

        assertThat(offline).containsExactly(key("alice"));
    }

    @Test
    void setOfflineFollowsABreakOfTheStream() {
        send("alice");
        loop.remove(key("alice"));

        loop.onBreak(Status.UNAVAILABLE.asRuntimeException());

        assertThat(offline).containsExactly(key("alice"));
        loop.onOpen();
        tick(100);
        assertThat(stream.sent).hasSize(1);
    }

    @Test
    void userAddedAgainIsSentOnlyAfterSetOfflineEnded() {
        send("alice");
        accept(1);
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
        send(numbered(200));
        accept(1);
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
        send("alice");
        tick(50);
        assertThat(stream.aborts).isEmpty();

        tick(1);

        assertThat(stream.aborts).containsExactly("A frame of heartbeats was not answered");
    }

    @Test
    void responseOutOfOrderAbortsTheStream() {
        send("alice");

        accept(2);

        assertThat(stream.aborts).containsExactly("Frame 2 was answered out of order");
    }

    /** Index -1 rejects the frame as a whole. */
    @ParameterizedTest
    @CsvSource({"-1, ERROR_REASON_INVALID_FIELD, 2", "0, ERROR_REASON_REDIS_UNAVAILABLE, 1"})
    void usersRejectedForAnotherReasonThanTheirIdAreSentAgainSoon(int index, String reason, int count)
            throws Exception {
        List<String> users = send("alice", "bob");
        reject(index, reason);
        tick(1);

        assertThat(stream.sent).hasSize(2);
        assertThat(stream.sent.get(1).getUserIdsList()).containsExactlyInAnyOrderElementsOf(users.subList(0, count));
        callbacks.await("cameOnline carol");
    }

    @Test
    void userRejectedForItsIdIsReportedAndNotSentAgain() throws Exception {
        List<String> users = send("alice", "bob");
        reject(0, "ERROR_REASON_INVALID_FIELD");
        tick(40);

        assertThat(stream.sent).hasSize(2);
        assertThat(stream.sent.get(1).getUserIdsList()).containsExactly(users.get(1));
        callbacks.await(
                "rejected " + users.get(0) + " ERROR_REASON_INVALID_FIELD as the test wants", "cameOnline carol");
    }

    @Test
    void heartbeatsFollowTheIntervalOfTheServer() {
        send("alice");
        for (int frame = 1; frame <= 5; frame++) {
            assertThat(stream.sent).hasSize(frame);
            loop.onMessage(accepted(frame)
                    .setNextIn(Statuses.proto(Duration.ofMillis(200)))
                    .build());
            tick(3);
        }
    }

    private CompletableFuture<?> setOffline(HeartbeatKey key) {
        offline.add(key);
        offlineCalls.add(new CompletableFuture<>());
        return offlineCalls.get(offlineCalls.size() - 1);
    }

    private List<String> send(String... users) {
        List.of(users).forEach(user -> loop.add(key(user)));
        tick(1);
        return stream.sent.get(0).getUserIdsList();
    }

    private void tick(int times) {
        for (int i = 0; i < times; i++) {
            stream.now += HeartbeatLoop.TICK.toNanos();
            loop.tick();
        }
    }

    private void accept(long sequence) {
        loop.onMessage(accepted(sequence).build());
    }

    private void reject(int index, String reason) {
        RejectedHeartbeat.Builder rejected = RejectedHeartbeat.newBuilder()
                .setIndex(index)
                .setErrorReason(reason)
                .setMessage("as the test wants");
        loop.onMessage(accepted(1).addRejected(rejected).addCameOnline("carol").build());
    }

    private static String[] numbered(int count) {
        return IntStream.range(0, count).mapToObj(String::valueOf).toArray(String[]::new);
    }

    private static HeartbeatKey key(String userId) {
        return new HeartbeatKey(userId, "");
    }

    private static StreamHeartbeatsResponse.Builder accepted(long sequence) {
        return StreamHeartbeatsResponse.newBuilder().setSequence(sequence);
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

package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakePresence;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.RecordingListener;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.client.fixture.ThreadAssert;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Timeout(60)
class HeartbeatsTest {

    private final RecordingListener listener = new RecordingListener();
    private FakeServer server;
    private FakePresence presence;
    private EphemeralClient client;
    private Heartbeats heartbeats;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        presence = server.presence;
        client = server.client();
        heartbeats = client.heartbeats(listener);
    }

    @AfterEach
    void stop() {
        listener.hangs.countDown();
        client.close();
        server.close();
    }

    @Test
    void usersAreSentInFramesOfAtMostOneThousand() throws Exception {
        for (int i = 0; i < 2_500; i++) {
            heartbeats.add("user-" + i);
        }

        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        Set<String> sent = new HashSet<>();
        while (sent.size() < 2_500) {
            StreamHeartbeatsRequest frame = stream.await();
            assertThat(frame.getUserIdsCount()).isBetween(1, 1_000);
            sent.addAll(frame.getUserIdsList());
        }
    }

    @Test
    void heartbeatsFollowTheIntervalOfTheServer() throws Exception {
        presence.nextIn = Duration.ofMillis(200);
        heartbeats.add("alice");
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        long start = System.nanoTime();

        stream.await(4);

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(Duration.ofSeconds(6)); // 12 s with the default interval.
    }

    @Test
    void listenerReceivesUsersThatCameOnline() throws Exception {
        presence.heartbeats.response =
                frame -> presence.accepted(frame).addCameOnline("alice").build();
        heartbeats.add("alice");

        listener.await("came online: alice");
        assertThat(listener.all).startsWith("connected");
    }

    @Test
    void allUsersAreSentAgainAfterAReconnect() throws Exception {
        presence.nextIn = Duration.ofSeconds(1);
        for (int i = 0; i < 100; i++) {
            heartbeats.add("user-" + i);
        }
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> first = presence.heartbeats.await();
        Await.until(
                "all users on the first stream",
                () -> usersOf(first).size() == 100 && listener.all.contains("connected"));
        first.fail(Statuses.unavailable());

        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> second = presence.heartbeats.await();
        Await.until("all users on the second stream", () -> usersOf(second).size() == 100);

        assertThat(second.received.size())
                .as("frames, spread over the interval")
                .isGreaterThan(3);
        Await.until(
                "a reconnect",
                () -> List.copyOf(listener.all).equals(List.of("connected", "disconnected", "connected")));
    }

    @Test
    void streamReconnectsToARestartedServer() throws Exception {
        heartbeats.add("alice");
        presence.heartbeats.await().await();
        server.close();

        server = FakeServer.start(server.port());

        assertThat(server.presence.heartbeats.await().await().getUserIdsList()).containsExactly("alice");
    }

    @Test
    void streamReconnectsAfterTheRetryDelayOfADrainingServer() throws Exception {
        heartbeats.add("alice");
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> first = presence.heartbeats.await();
        first.await();
        long start = System.nanoTime();
        first.fail(Statuses.draining(Duration.ofMillis(800)));

        presence.heartbeats.await().await();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(800));
    }

    @Test
    void unansweredFrameEndsTheStream() throws Exception {
        presence.expiresIn = Duration.ofSeconds(1);
        presence.nextIn = Duration.ofMillis(200);
        heartbeats.add("alice");
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> silent = presence.heartbeats.await();
        silent.await();
        presence.heartbeats.response = frame -> null;

        presence.heartbeats.await().await();

        assertThat(silent.hasEnded).isTrue();
    }

    @Test
    void userRejectedForItsIdIsReportedAndNotSentAgain() throws Exception {
        presence.nextIn = Duration.ofMillis(150);
        presence.heartbeats.response = frame -> rejecting(frame, "bad", "ERROR_REASON_INVALID_FIELD");
        heartbeats.add("good");
        heartbeats.add("bad");

        listener.await("rejected: bad ERROR_REASON_INVALID_FIELD as the test wants");
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        StreamHeartbeatsRequest last = stream.await();
        for (int i = 0; i < 3; i++) {
            last = stream.await();
        }
        assertThat(last.getUserIdsList()).containsExactly("good");
    }

    @Test
    void userRejectedForAnotherReasonIsSentAgainSoon() throws Exception {
        presence.heartbeats.response = frame -> rejecting(frame, "alice", "ERROR_REASON_REDIS_UNAVAILABLE");
        heartbeats.add("alice");
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        long start = System.nanoTime();

        stream.await(3);

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(Duration.ofSeconds(2)); // The interval is 3 s.
        assertThat(listener.events()).isEmpty();
    }

    @Test
    void removedUserIsSetOffline() throws Exception {
        heartbeats.add("alice", "phone");
        heartbeats.add("bob");
        presence.heartbeats.await().await();
        heartbeats.remove("alice", "phone");
        heartbeats.remove("unknown");

        assertThat(presence.awaitSetOffline())
                .isEqualTo(SetOfflineRequest.newBuilder()
                        .setUserId("alice")
                        .setConnectionId("phone")
                        .build());
        heartbeats.remove("bob");
        assertThat(presence.awaitSetOffline().getUserId()).isEqualTo("bob");
    }

    @Test
    void userLeftToExpireIsNotSetOffline() throws Exception {
        presence.nextIn = Duration.ofMillis(150);
        heartbeats.add("alice");
        heartbeats.add("bob");
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        heartbeats.letExpire("alice");
        stream.await(2);

        assertThat(stream.await(3)).allMatch(frame -> frame.getUserIdsList().equals(List.of("bob")));
        assertThat(presence.setOfflineCalls).isEmpty();
    }

    @Test
    void removeAllCompletesAfterEveryUserIsSetOffline() throws Exception {
        for (int i = 0; i < 200; i++) {
            heartbeats.add("user-" + i);
        }
        presence.heartbeats.await().await();
        CompletableFuture<Void> done = heartbeats.removeAll();
        for (int i = 0; i < 200; i++) {
            assertThat(done).isNotDone();
            presence.awaitSetOffline();
        }

        done.get(10, TimeUnit.SECONDS);
    }

    @Test
    void closeCompletesRemoveAll() throws Exception {
        for (int i = 0; i < 200; i++) {
            heartbeats.add("user-" + i);
        }
        presence.heartbeats.await().await();
        CompletableFuture<Void> done = heartbeats.removeAll();
        Await.until("64 SetOffline calls", () -> presence.setOfflineCalls.size() == 64);
        heartbeats.close();
        done.get(10, TimeUnit.SECONDS);
        presence.setOfflineCalls.forEach(
                call -> call.response().run()); // Otherwise the client waits for them when it closes.
    }

    @Test
    void hangingListenerDelaysNoHeartbeat() throws Exception {
        presence.nextIn = Duration.ofMillis(150);
        presence.heartbeats.response =
                frame -> presence.accepted(frame).addCameOnline("alice").build();
        listener.hangs = new CountDownLatch(1);
        heartbeats.add("alice");

        presence.heartbeats.await().await(10);
        assertThat(listener.all).containsExactly("connected");
        listener.hangs.countDown();

        Await.until("cameOnline", () -> listener.all.contains("came online: alice"));
    }

    @Test
    void throwingListenerEndsNothing() throws Exception {
        presence.nextIn = Duration.ofMillis(150);
        presence.heartbeats.response =
                frame -> presence.accepted(frame).addCameOnline("alice").build();
        listener.throwsAlways = true;
        heartbeats.add("alice");

        presence.heartbeats.await().await(5);
        Await.until("5 callbacks", () -> listener.events().size() >= 5);
    }

    @Test
    void closeSetsNoUserOfflineAndEndsTheThreads() throws Exception {
        heartbeats.add("alice");
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        heartbeats.close();
        heartbeats.add("bob");

        Await.until("the end of the stream", () -> stream.hasEnded);
        ThreadAssert.awaitNoneNamed("ephemeral-StreamHeartbeats");
        assertThat(stream.isQuiet()).isTrue();
        assertThat(presence.setOfflineCalls).isEmpty();
        heartbeats.removeAll().get(10, TimeUnit.SECONDS);
    }

    @Test
    void closedClientEndsItsStreamsAndStartsNone() throws Exception {
        heartbeats.add("alice");
        FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        client.close();

        Await.until("the end of the stream", () -> stream.hasEnded);
        ThreadAssert.awaitNoneNamed("ephemeral-StreamHeartbeats");
        assertThatIllegalStateException().isThrownBy(() -> client.heartbeats(listener));
    }

    private StreamHeartbeatsResponse rejecting(StreamHeartbeatsRequest frame, String user, String reason) {
        StreamHeartbeatsResponse.Builder response = presence.accepted(frame);
        int index = frame.getUserIdsList().indexOf(user);
        if (index >= 0) {
            response.addRejected(RejectedHeartbeat.newBuilder()
                    .setIndex(index)
                    .setErrorReason(reason)
                    .setMessage("as the test wants"));
        }
        return response.build();
    }

    private static Set<String> usersOf(FakeServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream) {
        Set<String> users = new HashSet<>();
        stream.received.forEach(frame -> users.addAll(frame.getUserIdsList()));
        return users;
    }
}

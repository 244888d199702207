package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakePresence;
import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.SetOfflineRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeartbeatsTest extends WithFakeServer {

    private final FakePresence presence = server.presence;
    private final Heartbeats heartbeats = client.heartbeats(callbacks.as(HeartbeatsListener.class));

    @Test
    void allUsersAreSentAgainAfterAReconnect() throws Exception {
        presence.nextIn = Duration.ofSeconds(1);
        addUsers(100);
        var first = presence.heartbeats.await();
        awaitUsers(first, 100);
        Await.until("a connection", () -> callbacks.all.contains("connected"));
        first.fail(Statuses.unavailable());

        assertThat(awaitUsers(presence.heartbeats.await(), 100))
                .as("frames, spread over the interval")
                .isGreaterThan(3);
        Await.until(
                "a reconnect",
                () -> List.copyOf(callbacks.all).equals(List.of("connected", "disconnected", "connected")));
    }

    @Test
    void heartbeatsUnansweredByADrainingServerAreSentAgain() throws Exception {
        heartbeats.add("alice");
        var first = presence.heartbeats.await();
        first.await();
        presence.heartbeats.response = frame -> null;
        addUsers(3);
        Set<String> unanswered = new HashSet<>();
        while (unanswered.size() < 3) {
            unanswered.addAll(first.await().getUserIdsList());
        }
        presence.heartbeats.response = frame -> presence.accepted(frame).build();
        long start = System.nanoTime();
        first.fail(Statuses.draining(Duration.ofMillis(100)));

        var unused = awaitUsers(presence.heartbeats.await(), 4);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(presence.expiresIn);
    }

    @Test
    void unansweredFrameEndsTheStream() throws Exception {
        presence.expiresIn = Duration.ofSeconds(1);
        presence.nextIn = Duration.ofMillis(200);
        heartbeats.add("alice");
        var silent = presence.heartbeats.await();
        silent.await();
        presence.heartbeats.response = frame -> null;

        presence.heartbeats.await().await();

        assertThat(silent.hasEnded).isTrue();
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
        var stream = presence.heartbeats.await();
        stream.await();
        heartbeats.stop("alice");
        stream.await(2);

        assertThat(stream.await(3)).allMatch(frame -> frame.getUserIdsList().equals(List.of("bob")));
        assertThat(presence.setOfflineCalls).isEmpty();
    }

    @Test
    void removeAllCompletesAfterEveryUserIsSetOffline() throws Exception {
        addUsers(200);
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
        addUsers(200);
        presence.heartbeats.await().await();
        CompletableFuture<Void> done = heartbeats.removeAll();
        Await.until("64 SetOffline calls", () -> presence.setOfflineCalls.size() == 64);
        heartbeats.close();

        done.get(10, TimeUnit.SECONDS);
    }

    @Test
    void hangingListenerDelaysNoHeartbeat() throws Exception {
        callbacks.hangs = new CountDownLatch(1);
        everyFrameBringsAliceOnline();

        presence.heartbeats.await().await(10);
        assertThat(callbacks.all).containsExactly("connected");
        callbacks.hangs.countDown();

        Await.until("cameOnline", () -> callbacks.all.contains("cameOnline alice"));
    }

    @Test
    void throwingListenerEndsNothing() throws Exception {
        callbacks.throwsAlways = true;
        everyFrameBringsAliceOnline();

        presence.heartbeats.await().await(5);
        Await.until("5 callbacks", () -> callbacks.events().size() >= 5);
    }

    @Test
    void closeSetsNoUserOfflineAndEndsTheThreads() throws Exception {
        heartbeats.add("alice");
        var stream = presence.heartbeats.await();
        stream.await();
        heartbeats.close();
        heartbeats.add("bob");

        awaitEnd(stream);
        assertThat(stream.isQuiet()).isTrue();
        assertThat(presence.setOfflineCalls).isEmpty();
        heartbeats.removeAll().get(10, TimeUnit.SECONDS);
    }

    @Test
    void closedClientEndsItsStreamsAndStartsNone() throws Exception {
        heartbeats.add("alice");
        var stream = presence.heartbeats.await();
        stream.await();
        client.close();

        awaitEnd(stream);
        assertThatIllegalStateException().isThrownBy(() -> client.heartbeats(callbacks.as(HeartbeatsListener.class)));
    }

    private void addUsers(int count) {
        for (int i = 0; i < count; i++) {
            heartbeats.add("user-" + i);
        }
    }

    private void everyFrameBringsAliceOnline() {
        presence.nextIn = Duration.ofMillis(150);
        presence.heartbeats.response =
                frame -> presence.accepted(frame).addCameOnline("alice").build();
        heartbeats.add("alice");
    }

    /** Returns in how many frames they arrive. */
    private static int awaitUsers(FakeServerStream<StreamHeartbeatsRequest, ?> stream, int count) throws Exception {
        Set<String> users = new HashSet<>();
        int frames = 0;
        while (users.size() < count) {
            users.addAll(stream.await().getUserIdsList());
            frames++;
        }
        return frames;
    }

    private static void awaitEnd(FakeServerStream<?, ?> stream) throws InterruptedException {
        Await.until("the end of the stream", () -> stream.hasEnded);
        Await.untilNoThreadIsNamed("ephemeral-StreamHeartbeats");
    }
}

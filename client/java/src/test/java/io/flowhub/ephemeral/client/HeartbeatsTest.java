package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flowhub.ephemeral.client.FakePresence.Departure;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HeartbeatsTest {

    private final Told told = new Told();
    private FakeServer server;
    private FakePresence presence;
    private EphemeralClient client;
    private Heartbeats heartbeats;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        presence = server.presence;
        client = server.client();
        heartbeats = client.heartbeats(told);
    }

    @AfterEach
    void stop() {
        told.hangs.countDown();
        client.close();
        server.close();
    }

    @Test
    void usersAreBeatenInFramesThatTheServerTakes() throws Exception {
        for (int i = 0; i < 2_500; i++) {
            heartbeats.add("user-" + i);
        }

        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        Set<String> beaten = new HashSet<>();
        while (beaten.size() < 2_500) {
            StreamHeartbeatsRequest frame = stream.await();
            assertThat(frame.getUserIdsCount()).isBetween(1, 1_000);
            beaten.addAll(frame.getUserIdsList());
        }
    }

    @Test
    void heartbeatsFollowAsOftenAsTheServerAsksFor() throws Exception {
        presence.nextIn = Duration.ofMillis(200);
        heartbeats.add("alice");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        long start = System.nanoTime();

        stream.await(4);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6)); // 12 s by default
    }

    @Test
    void whoCameOnlineIsTold() throws Exception {
        presence.heartbeats.answer =
                frame -> presence.taken(frame).addCameOnline("alice").build();
        heartbeats.add("alice");

        told.await("came online: alice");
        assertThat(told.all).startsWith("connected");
    }

    @Test
    void slowServerGetsNoMoreThanFourFramesAhead() throws Exception {
        presence.heartbeats.answer = frame -> null;
        for (int i = 0; i < 10_000; i++) {
            heartbeats.add("user-" + i);
        }
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        List<StreamHeartbeatsRequest> ahead = stream.await(4);

        TimeUnit.MILLISECONDS.sleep(500); // Five ticks.
        assertThat(stream.isQuiet()).isTrue();

        stream.say(presence.taken(ahead.get(0)).build());
        stream.await();
    }

    @Test
    void brokenStreamIsOpenedAnewAndAllAreBeatenAgain() throws Exception {
        presence.nextIn = Duration.ofSeconds(1);
        for (int i = 0; i < 100; i++) {
            heartbeats.add("user-" + i);
        }
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> first = presence.heartbeats.await();
        Eventually.holds(() -> usersOf(first).size() == 100 && told.all.contains("connected"));
        first.fail(Failures.unavailable());

        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> second = presence.heartbeats.await();
        Eventually.holds(() -> usersOf(second).size() == 100);

        assertThat(second.heard.size()).as("frames").isGreaterThan(3); // Spread, not at once.
        Eventually.holds(() -> List.copyOf(told.all).equals(List.of("connected", "disconnected", "connected")));
    }

    @Test
    void serverThatDiesIsFoundAgain() throws Exception {
        heartbeats.add("alice");
        presence.heartbeats.await().await();
        server.close();

        server = FakeServer.start(server.port());

        assertThat(server.presence.heartbeats.await().await().getUserIdsList()).containsExactly("alice");
    }

    @Test
    void streamComesBackWhenTheDrainingServerSaysSo() throws Exception {
        heartbeats.add("alice");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> first = presence.heartbeats.await();
        first.await();
        long start = System.nanoTime();
        first.fail(Failures.draining(Duration.ofMillis(800)));

        presence.heartbeats.await().await();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(800));
    }

    @Test
    void frameThatIsNotAnsweredInTimeEndsTheStream() throws Exception {
        presence.expiresIn = Duration.ofSeconds(1);
        presence.nextIn = Duration.ofMillis(200);
        heartbeats.add("alice");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> silent = presence.heartbeats.await();
        silent.await();
        presence.heartbeats.answer = frame -> null;

        presence.heartbeats.await().await();

        assertThat(silent.hasEnded).isTrue();
    }

    @Test
    void whoIsRefusedForGoodIsToldAndBeatenNoMore() throws Exception {
        presence.nextIn = Duration.ofMillis(150);
        presence.heartbeats.answer = frame -> refusing(frame, "bad", "ERROR_REASON_INVALID_FIELD");
        heartbeats.add("good");
        heartbeats.add("bad");

        told.await("refused: bad ERROR_REASON_INVALID_FIELD as the test wants");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        StreamHeartbeatsRequest last = stream.await();
        for (int i = 0; i < 3; i++) {
            last = stream.await();
        }
        assertThat(last.getUserIdsList()).containsExactly("good");
    }

    @Test
    void whoIsRefusedForNowIsBeatenAgainSoon() throws Exception {
        presence.heartbeats.answer = frame -> refusing(frame, "alice", "ERROR_REASON_REDIS_UNAVAILABLE");
        heartbeats.add("alice");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        long start = System.nanoTime();

        stream.await(3);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2)); // Interval: 3 s.
        assertThat(told.news()).isEmpty();
    }

    @Test
    void whoIsRemovedIsMadeOffline() throws Exception {
        heartbeats.add("alice", "phone");
        heartbeats.add("bob");
        presence.heartbeats.await().await();
        heartbeats.remove("alice", "phone");
        heartbeats.remove("nobody");

        assertThat(presence.awaitDeparture())
                .isEqualTo(SetOfflineRequest.newBuilder()
                        .setUserId("alice")
                        .setConnectionId("phone")
                        .build());
        heartbeats.remove("bob");
        assertThat(presence.awaitDeparture().getUserId()).isEqualTo("bob");
    }

    @Test
    void heartbeatUnderWayDoesNotOvertakeTheDeparture() throws Exception {
        presence.heartbeats.answer = frame -> null;
        heartbeats.add("alice");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        StreamHeartbeatsRequest frame = stream.await();
        heartbeats.remove("alice");

        TimeUnit.MILLISECONDS.sleep(300); // Three ticks.
        assertThat(presence.departures).isEmpty();

        stream.say(presence.taken(frame).build());
        assertThat(presence.awaitDeparture().getUserId()).isEqualTo("alice");
    }

    @Test
    void whoComesBackIsBeatenAfterTheDepartureAndNotBefore() throws Exception {
        heartbeats.add("alice");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        heartbeats.remove("alice");
        Departure departure = ServerStream.next(presence.departures, "SetOffline");
        heartbeats.add("alice");

        TimeUnit.MILLISECONDS.sleep(300); // Three ticks.
        assertThat(stream.isQuiet()).isTrue();

        departure.answer().run();
        assertThat(stream.await().getUserIdsList()).containsExactly("alice");
    }

    @Test
    void whoMayExpireIsNotMadeOffline() throws Exception {
        presence.nextIn = Duration.ofMillis(150);
        heartbeats.add("alice");
        heartbeats.add("bob");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        heartbeats.letExpire("alice");
        stream.await(2);

        assertThat(stream.await(3)).allMatch(frame -> frame.getUserIdsList().equals(List.of("bob")));
        assertThat(presence.departures).isEmpty();
    }

    @Test
    void allCanBeMadeOfflineBeforeTheEnd() throws Exception {
        for (int i = 0; i < 200; i++) {
            heartbeats.add("user-" + i);
        }
        presence.heartbeats.await().await();
        CompletableFuture<Void> done = heartbeats.removeAll();
        for (int i = 0; i < 200; i++) {
            assertThat(done).isNotDone();
            presence.awaitDeparture();
        }

        done.get(10, TimeUnit.SECONDS);
    }

    @Test
    void notAllDeparturesAreUnderWayAtOnce() throws Exception {
        for (int i = 0; i < 200; i++) {
            heartbeats.add("user-" + i);
        }
        presence.heartbeats.await().await();
        CompletableFuture<Void> done = heartbeats.removeAll();
        Eventually.holds(() -> presence.departures.size() == 64);

        TimeUnit.MILLISECONDS.sleep(200);
        assertThat(presence.departures).hasSize(64);
        heartbeats.close();
        done.get(10, TimeUnit.SECONDS);
        presence.departures.forEach(
                departure -> departure.answer().run()); // Else the client waits for them at its end.
    }

    @Test
    void hangingListenerHoldsUpNoHeartbeat() throws Exception {
        presence.nextIn = Duration.ofMillis(150);
        presence.heartbeats.answer =
                frame -> presence.taken(frame).addCameOnline("alice").build();
        told.hangs = new CountDownLatch(1);
        heartbeats.add("alice");

        presence.heartbeats.await().await(10);
        assertThat(told.all).containsExactly("connected");
        told.hangs.countDown();

        Eventually.holds(() -> told.all.contains("came online: alice"));
    }

    @Test
    void listenerThatThrowsEndsNothing() throws Exception {
        presence.nextIn = Duration.ofMillis(150);
        presence.heartbeats.answer =
                frame -> presence.taken(frame).addCameOnline("alice").build();
        told.throwsAlways = true;
        heartbeats.add("alice");

        presence.heartbeats.await().await(5);
        Eventually.holds(() -> told.news().size() >= 5);
    }

    @Test
    void closedHeartbeatsMakeNobodyOfflineAndEndTheirThreads() throws Exception {
        heartbeats.add("alice");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        heartbeats.close();
        heartbeats.add("bob");

        Eventually.holds(() -> stream.hasEnded);
        Threads.awaitNoneNamed("ephemeral-StreamHeartbeats");
        assertThat(stream.isQuiet()).isTrue();
        assertThat(presence.departures).isEmpty();
        heartbeats.removeAll().get(10, TimeUnit.SECONDS);
    }

    @Test
    void closedClientEndsItsStreamsAndStartsNone() throws Exception {
        heartbeats.add("alice");
        ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream = presence.heartbeats.await();
        stream.await();
        client.close();

        Eventually.holds(() -> stream.hasEnded);
        Threads.awaitNoneNamed("ephemeral-StreamHeartbeats");
        assertThatIllegalStateException().isThrownBy(() -> client.heartbeats(told));
    }

    private StreamHeartbeatsResponse refusing(StreamHeartbeatsRequest frame, String user, String reason) {
        StreamHeartbeatsResponse.Builder answer = presence.taken(frame);
        int index = frame.getUserIdsList().indexOf(user);
        if (index >= 0) {
            answer.addRejected(RejectedHeartbeat.newBuilder()
                    .setIndex(index)
                    .setErrorReason(reason)
                    .setMessage("as the test wants"));
        }
        return answer.build();
    }

    private static Set<String> usersOf(ServerStream<StreamHeartbeatsRequest, StreamHeartbeatsResponse> stream) {
        Set<String> users = new HashSet<>();
        stream.heard.forEach(frame -> users.addAll(frame.getUserIdsList()));
        return users;
    }
}

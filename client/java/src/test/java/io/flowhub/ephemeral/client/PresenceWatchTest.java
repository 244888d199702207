package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.RecordingListener;
import io.flowhub.ephemeral.client.fixture.SampleRequests;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.client.fixture.ThreadAssert;
import io.flowhub.ephemeral.v1.PresenceResynced;
import io.flowhub.ephemeral.v1.PresenceStale;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Also covers what all watches have in common. */
@Tag("contract")
@Timeout(60)
class PresenceWatchTest {

    private final RecordingListener listener = new RecordingListener();
    private FakeServer server;
    private EphemeralClient client;
    private PresenceWatch watch;
    private FakeServerStream<WatchPresenceRequest, WatchPresenceResponse> stream;

    @BeforeEach
    void start() throws Exception {
        server = FakeServer.start();
        client = server.client();
        watch = client.watchPresence(listener);
        stream = server.presence.watches.await();
    }

    @AfterEach
    void stop() {
        listener.hangs.countDown();
        client.close();
        server.close();
    }

    @Test
    void addedUsersAreDeliveredWithTheirStateAndThenEachChange() throws Exception {
        watch.add(List.of("alice", "bob"));
        assertThat(stream.await().getAddUserIdsList()).containsExactly("alice", "bob");

        stream.send(event(EventCase.SNAPSHOT, online("alice"), offline("bob")));
        stream.send(event(EventCase.ONLINE, online("bob")));
        stream.send(event(EventCase.ONLINE, online("bob")));
        stream.send(event(EventCase.OFFLINE, offline("alice")));

        listener.await("online: alice", "offline: bob", "online: bob", "offline: alice");
    }

    @Test
    void removedUserDeliversNothing() throws Exception {
        watch.add(List.of("alice", "bob"));
        stream.await();
        watch.remove("alice");
        assertThat(stream.await().getRemoveUserIdsList()).containsExactly("alice");

        stream.send(event(EventCase.ONLINE, online("alice"), online("bob")));

        listener.await("online: bob");
    }

    @Test
    void idsAreAddedInMessagesOfAtMostOneThousand() throws Exception {
        watch.add(IntStream.range(0, 2_500).mapToObj(String::valueOf).toList());

        assertThat(stream.await(3))
                .extracting(WatchPresenceRequest::getAddUserIdsCount)
                .containsExactly(1_000, 1_000, 500);
    }

    @Test
    void onlyChangesAreDeliveredAfterAReconnect() throws Exception {
        watch.add(List.of("alice", "bob", "carol"));
        stream.await();
        stream.send(event(EventCase.SNAPSHOT, online("alice"), offline("bob"), online("carol")));
        listener.await("online: alice", "offline: bob", "online: carol");
        listener.all.clear();
        stream.fail(Statuses.unavailable());
        listener.await("stale");
        watch.remove("carol");

        stream = server.presence.watches.await();
        assertThat(stream.await().getAddUserIdsList()).containsExactly("alice", "bob");
        stream.send(event(EventCase.SNAPSHOT, online("alice")));
        stream.send(event(EventCase.SNAPSHOT, online("bob")));

        listener.await("stale", "online: bob", "resynced");
        assertThat(listener.all).containsExactly("disconnected", "stale", "connected", "online: bob", "resynced");
    }

    @Test
    void streamReconnectsToARestartedServer() throws Exception {
        watch.add("alice");
        stream.await();
        server.close();
        listener.await("stale");

        server = FakeServer.start(server.port());
        stream = server.presence.watches.await();
        assertThat(stream.await().getAddUserIdsList()).containsExactly("alice");
        stream.send(event(EventCase.SNAPSHOT, offline("alice")));

        listener.await("stale", "offline: alice", "resynced");
    }

    @Test
    void streamReconnectsAfterTheRetryDelayOfADrainingServer() throws Exception {
        long start = System.nanoTime();
        stream.fail(Statuses.draining(Duration.ofMillis(800)));

        server.presence.watches.await();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(800));
    }

    @Test
    void eventsWhileRedisIsUnavailableAreStale() throws Exception {
        watch.add("alice");
        stream.await();
        stream.send(event(EventCase.SNAPSHOT, online("alice")));
        stream.send(event(EventCase.STALE));
        stream.send(event(EventCase.OFFLINE, offline("alice")));
        listener.await("online: alice", "stale", "offline: alice");

        stream.send(event(EventCase.RESYNCED));

        listener.await("online: alice", "stale", "offline: alice", "resynced");
    }

    @Test
    void throwingListenerReceivesTheRest() throws Exception {
        listener.throwsAlways = true;
        watch.add(List.of("alice", "bob"));
        stream.await();

        stream.send(event(EventCase.SNAPSHOT, online("alice"), online("bob")));

        listener.await("online: alice", "online: bob");
    }

    @Test
    void unreadEventsOfAHangingListenerStayOnTheServer() throws Exception {
        listener.hangs = new CountDownLatch(1);
        watch.add("alice");
        stream.await();
        stream.send(event(EventCase.SNAPSHOT, online("alice")));
        Await.until("one callback", () -> listener.all.size() == 1);

        fill(stream);
        listener.hangs.countDown();

        Await.until("room on the stream", stream::isReady);
    }

    @Test
    void hangingListenerDelaysNoOtherCall() throws Exception {
        listener.hangs = new CountDownLatch(1);
        watch.add("alice");
        stream.await();
        stream.send(event(EventCase.SNAPSHOT, online("alice")));
        Await.until("one callback", () -> listener.all.size() == 1);
        fill(stream);

        client.rateLimits().withDeadlineAfter(Duration.ofSeconds(10)).checkRate(SampleRequests.CHECK);
    }

    @Test
    void closedWatchDeliversNothingAndEndsItsThread() throws Exception {
        watch.add("alice");
        stream.await();
        watch.close();
        Await.until("the end of the stream", () -> stream.hasEnded);

        ThreadAssert.awaitNoneNamed("ephemeral-WatchPresence");
        watch.add("bob");
        assertThat(listener.all).isEmpty();
        assertThat(stream.isQuiet()).isTrue();
    }

    /** Sends until all buffers between the server and the listener are full. */
    private static void fill(FakeServerStream<WatchPresenceRequest, WatchPresenceResponse> stream)
            throws InterruptedException {
        for (int quiet = 0; quiet < 50; quiet = stream.isReady() ? 0 : quiet + 1) {
            while (stream.isReady()) {
                stream.send(event(EventCase.ONLINE, online("alice")));
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static WatchPresenceResponse event(EventCase event, PresenceState... users) {
        WatchPresenceResponse.Builder response = WatchPresenceResponse.newBuilder();
        switch (event) {
            case SNAPSHOT -> response.getSnapshotBuilder().addAllUsers(List.of(users));
            case ONLINE -> response.getOnlineBuilder().addAllUsers(List.of(users));
            case OFFLINE -> response.getOfflineBuilder().addAllUsers(List.of(users));
            case STALE -> response.setStale(PresenceStale.getDefaultInstance());
            case RESYNCED -> response.setResynced(PresenceResynced.getDefaultInstance());
            default -> throw new IllegalArgumentException(event.toString());
        }
        return response.build();
    }

    private static PresenceState online(String user) {
        return state(user, true);
    }

    private static PresenceState offline(String user) {
        return state(user, false);
    }

    private static PresenceState state(String user, boolean online) {
        return PresenceState.newBuilder().setUserId(user).setOnline(online).build();
    }
}

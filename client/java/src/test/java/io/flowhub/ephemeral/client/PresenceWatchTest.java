package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What all watches have in common is tested here, too. */
@Timeout(60)
class PresenceWatchTest {

    private final Told told = new Told();
    private FakeServer server;
    private EphemeralClient client;
    private PresenceWatch watch;
    private ServerStream<WatchPresenceRequest, WatchPresenceResponse> stream;

    @BeforeEach
    void start() throws Exception {
        server = FakeServer.start();
        client = server.client();
        watch = client.watchPresence(told);
        stream = server.presence.watches.await();
    }

    @AfterEach
    void stop() {
        told.hangs.countDown();
        client.close();
        server.close();
    }

    @Test
    void stateOfWhoIsAddedIsToldAndThenEachChange() throws Exception {
        watch.add(List.of("alice", "bob"));
        assertThat(stream.await().getAddUserIdsList()).containsExactly("alice", "bob");

        stream.say(says(EventCase.SNAPSHOT, online("alice"), offline("bob")));
        stream.say(says(EventCase.ONLINE, online("bob")));
        stream.say(says(EventCase.ONLINE, online("bob")));
        stream.say(says(EventCase.OFFLINE, offline("alice")));

        told.await("online: alice", "offline: bob", "online: bob", "offline: alice");
    }

    @Test
    void nothingIsToldOfWhoIsRemoved() throws Exception {
        watch.add(List.of("alice", "bob"));
        stream.await();
        watch.remove("alice");
        assertThat(stream.await().getRemoveUserIdsList()).containsExactly("alice");

        stream.say(says(EventCase.ONLINE, online("alice"), online("bob")));

        told.await("online: bob");
    }

    @Test
    void manyAreAddedInMessagesThatTheServerTakes() throws Exception {
        watch.add(IntStream.range(0, 2_500).mapToObj(String::valueOf).toList());

        assertThat(stream.await(3))
                .extracting(WatchPresenceRequest::getAddUserIdsCount)
                .containsExactly(1_000, 1_000, 500);
    }

    @Test
    void afterALostConnectionOnlyDifferencesAreTold() throws Exception {
        watch.add(List.of("alice", "bob", "carol"));
        stream.await();
        stream.say(says(EventCase.SNAPSHOT, online("alice"), offline("bob"), online("carol")));
        told.await("online: alice", "offline: bob", "online: carol");
        told.all.clear();
        stream.fail(Failures.unavailable());
        told.await("stale");
        watch.remove("carol");

        stream = server.presence.watches.await();
        assertThat(stream.await().getAddUserIdsList()).containsExactly("alice", "bob");
        stream.say(says(EventCase.SNAPSHOT, online("alice")));
        stream.say(says(EventCase.SNAPSHOT, online("bob")));

        told.await("stale", "online: bob", "resynced");
        assertThat(told.all).containsExactly("disconnected", "stale", "connected", "online: bob", "resynced");
    }

    @Test
    void serverThatDiesIsFoundAgain() throws Exception {
        watch.add("alice");
        stream.await();
        server.close();
        told.await("stale");

        server = FakeServer.start(server.port());
        stream = server.presence.watches.await();
        assertThat(stream.await().getAddUserIdsList()).containsExactly("alice");
        stream.say(says(EventCase.SNAPSHOT, offline("alice")));

        told.await("stale", "offline: alice", "resynced");
    }

    @Test
    void streamComesBackWhenTheDrainingServerSaysSo() throws Exception {
        long start = System.nanoTime();
        stream.fail(Failures.draining(Duration.ofMillis(800)));

        server.presence.watches.await();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(800));
    }

    @Test
    void whatIsToldWhileRedisIsAwayIsStale() throws Exception {
        watch.add("alice");
        stream.await();
        stream.say(says(EventCase.SNAPSHOT, online("alice")));
        stream.say(says(EventCase.STALE));
        stream.say(says(EventCase.OFFLINE, offline("alice")));
        told.await("online: alice", "stale", "offline: alice");

        stream.say(says(EventCase.RESYNCED));

        told.await("online: alice", "stale", "offline: alice", "resynced");
    }

    @Test
    void listenerThatThrowsHearsTheRest() throws Exception {
        told.throwsAlways = true;
        watch.add(List.of("alice", "bob"));
        stream.await();

        stream.say(says(EventCase.SNAPSHOT, online("alice"), online("bob")));

        told.await("online: alice", "online: bob");
    }

    @Test
    void whatAHangingListenerDoesNotReadStaysOnTheServer() throws Exception {
        told.hangs = new CountDownLatch(1);
        watch.add("alice");
        stream.await();
        stream.say(says(EventCase.SNAPSHOT, online("alice")));
        Eventually.holds(() -> told.all.size() == 1);

        fill(stream);
        told.hangs.countDown();

        Eventually.holds(stream::isReady);
    }

    @Test
    void hangingListenerHoldsUpNobodyElse() throws Exception {
        told.hangs = new CountDownLatch(1);
        watch.add("alice");
        stream.await();
        stream.say(says(EventCase.SNAPSHOT, online("alice")));
        Eventually.holds(() -> told.all.size() == 1);
        fill(stream);

        client.rateLimits().withDeadlineAfter(Duration.ofSeconds(10)).checkRate(Requests.CHECK);
    }

    @Test
    void closedWatchTellsNothingAndEndsItsThread() throws Exception {
        watch.add("alice");
        stream.await();
        watch.close();
        Eventually.holds(() -> stream.hasEnded);

        Threads.awaitNoneNamed("ephemeral-WatchPresence");
        watch.add("bob");
        assertThat(told.all).isEmpty();
        assertThat(stream.isQuiet()).isTrue();
    }

    /** Until nothing has gone out for a while, for all that lies between is full. */
    private static void fill(ServerStream<WatchPresenceRequest, WatchPresenceResponse> stream)
            throws InterruptedException {
        for (int quiet = 0; quiet < 50; quiet = stream.isReady() ? 0 : quiet + 1) {
            while (stream.isReady()) {
                stream.say(says(EventCase.ONLINE, online("alice")));
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static WatchPresenceResponse says(EventCase kind, PresenceState... users) {
        WatchPresenceResponse.Builder response = WatchPresenceResponse.newBuilder();
        switch (kind) {
            case SNAPSHOT -> response.getSnapshotBuilder().addAllUsers(List.of(users));
            case ONLINE -> response.getOnlineBuilder().addAllUsers(List.of(users));
            case OFFLINE -> response.getOfflineBuilder().addAllUsers(List.of(users));
            case STALE -> response.setStale(PresenceStale.getDefaultInstance());
            case RESYNCED -> response.setResynced(PresenceResynced.getDefaultInstance());
            default -> throw new IllegalArgumentException(kind.toString());
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

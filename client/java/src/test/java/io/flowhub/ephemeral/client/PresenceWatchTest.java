package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.FakeServerStream;
import io.flowhub.ephemeral.client.fixture.Statuses;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Also covers what all streams have in common. */
class PresenceWatchTest extends WithFakeServer {

    private static final String ALICE_AND_BOB = "add_user_ids: ['alice', 'bob']";
    private static final String ALICE_ONLINE = "online { users { user_id: 'alice' online: true } }";

    private final PresenceWatch watch = client.watchPresence(callbacks.as(PresenceListener.class));
    private FakeServerStream<?, ?> stream;

    PresenceWatchTest() throws Exception {
        stream = server.presence.watches.await();
        watch.add(List.of("alice", "bob"));
        stream.await(ALICE_AND_BOB);
    }

    @Test
    void addedUsersAreDeliveredWithTheirStateAndThenEachChange() throws Exception {
        stream.send(
                "snapshot { users: [{ user_id: 'alice' online: true }, { user_id: 'bob' }] }",
                "online { users { user_id: 'bob' online: true } }",
                "online { users { user_id: 'bob' online: true } }",
                "offline { users { user_id: 'alice' } }");

        callbacks.await("online alice", "offline bob", "online bob", "offline alice");
    }

    @Test
    void removedUserDeliversNothing() throws Exception {
        watch.remove("alice");
        stream.await("remove_user_ids: 'alice'");

        stream.send(ALICE_ONLINE, "online { users { user_id: 'bob' online: true } }");

        callbacks.await("online bob");
    }

    @Test
    void onlyChangesAreDeliveredAfterAReconnect() throws Exception {
        watch.add("carol");
        stream.send(
                "snapshot { users: [{ user_id: 'alice' online: true }, { user_id: 'bob' }] }",
                "online { users { user_id: 'carol' online: true } }");
        callbacks.await("online alice", "offline bob", "online carol");
        callbacks.all.clear();
        stream.fail(Statuses.unavailable());
        callbacks.await("stale");
        watch.remove("carol");

        stream = server.presence.watches.await();
        stream.await(ALICE_AND_BOB);
        stream.send(
                "snapshot { users { user_id: 'alice' online: true } }",
                "snapshot { users { user_id: 'bob' online: true } }");

        callbacks.await("stale", "online bob", "resynced");
        assertThat(callbacks.all).containsExactly("disconnected", "stale", "connected", "online bob", "resynced");
    }

    @Test
    void streamReconnectsToARestartedServer() throws Exception {
        server.close();
        callbacks.await("stale");

        server = FakeServer.start(server.port());

        stream = server.presence.watches.await();
        stream.await(ALICE_AND_BOB);
        stream.send("snapshot { users: [{ user_id: 'alice' }, { user_id: 'bob' }] }");
        callbacks.await("stale", "offline alice", "offline bob", "resynced");
    }

    @Test
    void streamReconnectsAfterTheRetryDelayOfTheServer() throws Exception {
        long start = System.nanoTime();
        stream.fail(Statuses.unavailable(Duration.ofMillis(800)));

        server.presence.watches.await();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(800));
    }

    @Test
    void eventsWhileRedisIsUnavailableAreStale() throws Exception {
        stream.send(
                "snapshot { users: [{ user_id: 'alice' online: true }, { user_id: 'bob' }] }",
                "stale {}",
                "offline { users { user_id: 'alice' } }");
        callbacks.await("online alice", "offline bob", "stale", "offline alice");

        stream.send("resynced {}");

        callbacks.await("online alice", "offline bob", "stale", "offline alice", "resynced");
    }

    @Test
    void handOverDeliversNothingButChangesInTheirOrder() throws Exception {
        stream.send("snapshot { users: [{ user_id: 'alice' version: 10 }, { user_id: 'bob' version: 10 }] }");
        callbacks.await("offline alice", "offline bob");
        stream.send("draining { time_left { seconds: 40 } }");
        FakeServerStream<?, ?> next = server.presence.watches.await();
        next.await(ALICE_AND_BOB);
        stream.send("online { users { user_id: 'alice' online: true version: 12 } }");
        callbacks.await("offline alice", "offline bob", "online alice");
        next.send(
                "snapshot { users { user_id: 'alice' version: 11 } }",
                "snapshot { users { user_id: 'bob' online: true version: 13 } }");
        Await.until("a half-closed stream", () -> stream.isHalfClosed);
        stream.send(
                "offline { users { user_id: 'bob' version: 12 } }",
                "offline { users { user_id: 'alice' version: 11 } }");
        next.send("stale {}", "resynced {}", "offline { users { user_id: 'alice' version: 14 } }");
        callbacks.await("offline alice", "offline bob", "online alice", "online bob", "offline alice");
        stream.finish();
        next.send("online { users { user_id: 'alice' online: true version: 15 } }");

        callbacks.await("offline alice", "offline bob", "online alice", "online bob", "offline alice", "online alice");
        assertThat(callbacks.all).containsOnlyOnce("connected").doesNotContain("disconnected");
    }

    @Test
    void handOverIsOverWhenRedisIsAvailableToTheNextServer() throws Exception {
        stream.send("snapshot { users: [{ user_id: 'alice' }, { user_id: 'bob' }] }", "stale {}");
        stream.send("draining { time_left { seconds: 40 } }");
        FakeServerStream<?, ?> next = server.presence.watches.await();
        next.send("stale {}", "snapshot { users: [{ user_id: 'alice' }, { user_id: 'bob' }] }");
        stream.send(ALICE_ONLINE.replace("alice", "carol"), "resynced {}", "stale {}");
        callbacks.await("offline alice", "offline bob", "stale", "resynced", "stale");
        assertThat(stream.isHalfClosed).isFalse();

        next.send("resynced {}");

        Await.until("a half-closed stream", () -> stream.isHalfClosed);
        stream.finish();
        callbacks.await("offline alice", "offline bob", "stale", "resynced", "stale", "resynced");
    }

    @Test
    void throwingListenerReceivesTheRest() throws Exception {
        callbacks.throwsAlways = true;

        stream.send("snapshot { users: [{ user_id: 'alice' online: true }, { user_id: 'bob' online: true }] }");

        callbacks.await("online alice", "online bob");
    }

    @Test
    void hangingListenerDelaysNoOtherCallAndItsEventsStayOnTheServer() throws Exception {
        callbacks.hangs = new CountDownLatch(1);
        stream.send(ALICE_ONLINE);
        Await.until("one callback", () -> callbacks.all.size() == 1);
        fill(stream);

        client.rateLimits().withDeadlineAfter(Duration.ofSeconds(10)).checkRate(FakeServer.CHECK);
        callbacks.hangs.countDown();

        Await.until("room on the stream", stream::isReady);
    }

    @Test
    void closedWatchDeliversNothingAndEndsItsThread() throws Exception {
        watch.close();
        stream.send(ALICE_ONLINE);
        Await.until("the end of the stream", () -> stream.hasEnded);

        Await.untilNoThreadIsNamed("ephemeral-WatchPresence");
        watch.add("carol");
        assertThat(callbacks.all).isEmpty();
        assertThat(stream.isQuiet()).isTrue();
    }

    /** Sends until all buffers between the server and the listener are full. */
    private void fill(FakeServerStream<?, ?> stream) {
        for (int quiet = 0; quiet < 50; quiet = stream.isReady() ? 0 : quiet + 1) {
            while (stream.isReady()) {
                stream.send(ALICE_ONLINE);
            }
            client.rateLimits().checkRate(FakeServer.CHECK); // the client goes on
        }
    }
}

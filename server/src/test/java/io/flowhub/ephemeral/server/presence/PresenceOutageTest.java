package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Outage;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams stay open during an outage, and recover soon after it. */
@Tag("fault")
class PresenceOutageTest {

    private static final Duration RECOVERY = Duration.ofSeconds(2);
    private static final Duration SOON = Duration.ofSeconds(20);

    private RedisProcess redis;
    private TestServer server;
    private PresenceCalls calls;

    @BeforeEach
    void start() throws Exception {
        redis = RedisProcess.start();
        server = TestServer.on(redis.url(), "presence.ttl: 2s", "redis.max_queued_calls: 1024");
        calls = new PresenceCalls(server.channel());
    }

    @AfterEach
    void stop() {
        server.close();
        redis.close();
    }

    @ParameterizedTest
    @EnumSource
    void streamOfHeartbeatsStaysOpenAndRejectsEachHeartbeatByIndex(Outage outage) throws Exception {
        List<String> users = PresenceCalls.users("user", 100);
        try (Gateway gateway = calls.gateway()) {
            gateway.heartbeat(users);
            outage.begin(redis);
            for (int i = 0; i < 3; i++) {
                StreamHeartbeatsResponse response = gateway.exchange(Gateway.frame(users));
                assertThat(response.getRejectedList())
                        .hasSize(100)
                        .allSatisfy(rejected ->
                                assertThat(rejected.getErrorReason()).isEqualTo("ERROR_REASON_REDIS_UNAVAILABLE"));
                assertThat(response.getRejectedList())
                        .extracting(RejectedHeartbeat::getIndex)
                        .doesNotHaveDuplicates();
            }
            outage.end(redis);
            Eventually.within(
                    RECOVERY,
                    "all heartbeats are accepted",
                    () -> gateway.exchange(Gateway.frame(users)).getRejectedCount() == 0);
            assertThat(calls.getAll(users)).allMatch(state -> state.getOnline());
        }
    }

    @Test
    void watchOpenedDuringAnOutageIsStaleAndGetsItsSnapshotLater() throws Exception {
        redis.kill();
        Eventually.within(SOON, "the server reports Redis as unavailable", this::isReportedUnavailable);
        try (WatchPresenceReader watcher = new WatchPresenceReader(server.channel()).add(List.of("alice", "bob"))) {
            watcher.awaitMarker(SOON, EventCase.STALE);
            redis.restart();
            watcher.awaitSnapshotOf(List.of("alice", "bob"));
            calls.heartbeat("alice");
            watcher.await(true, "alice");
            watcher.awaitMarker(SOON, EventCase.RESYNCED);
            assertThat(watcher.markers()).containsExactly(EventCase.STALE, EventCase.RESYNCED);
        }
    }

    @Test
    void moreHeartbeatsThanTheQueueHoldsAreAllAccepted() throws Exception {
        List<Gateway> gateways = new ArrayList<>();
        try {
            for (int i = 0; i < 10; i++) {
                gateways.add(calls.gateway());
            }
            for (int frame = 0; frame < 5; frame++) {
                for (int i = 0; i < gateways.size(); i++) {
                    gateways.get(i)
                            .send(Gateway.frame(
                                    PresenceCalls.users("g" + i + "f" + frame, HeartbeatFrame.MAX_HEARTBEATS)));
                }
            }
            for (Gateway gateway : gateways) {
                gateway.awaitResponse(4);
                assertThat(gateway.reader().all()).allSatisfy(response -> {
                    assertThat(response.getRejectedList()).isEmpty();
                    assertThat(response.getCameOnlineCount()).isEqualTo(HeartbeatFrame.MAX_HEARTBEATS);
                });
            }
        } finally {
            gateways.forEach(Gateway::close);
        }
    }

    /** Whether the server rejects a call without sending it to Redis. */
    private boolean isReportedUnavailable() {
        return String.valueOf(
                        StatusAssert.unavailableSoon(() -> calls.get("alice")).getMessage())
                .endsWith("Redis is unavailable");
    }
}

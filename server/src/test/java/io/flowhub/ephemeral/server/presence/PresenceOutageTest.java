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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** During an outage streams stay open, and soon after it they are complete again. */
class PresenceOutageTest {

    private static final Duration BACK = Duration.ofSeconds(2);
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
    void streamOfHeartbeatsStaysOpenAndRejectsEachByItsIndex(Outage outage) throws Exception {
        List<String> users = PresenceCalls.users("user", 100);
        try (Gateway gateway = calls.gateway()) {
            gateway.beat(users);
            outage.begin(redis);
            for (int i = 0; i < 3; i++) {
                StreamHeartbeatsResponse answer = gateway.answerTo(Gateway.frame(users));
                assertThat(answer.getRejectedList())
                        .hasSize(100)
                        .allSatisfy(refused ->
                                assertThat(refused.getErrorReason()).isEqualTo("ERROR_REASON_REDIS_UNAVAILABLE"));
                assertThat(answer.getRejectedList())
                        .extracting(RejectedHeartbeat::getIndex)
                        .doesNotHaveDuplicates();
            }
            outage.end(redis);
            Eventually.within(
                    BACK,
                    "all heartbeats are accepted",
                    () -> gateway.answerTo(Gateway.frame(users)).getRejectedCount() == 0);
            assertThat(calls.getAll(users)).allMatch(state -> state.getOnline());
        }
    }

    @Test
    void watchOpenedDuringAnOutageIsStaleAndGetsItsSnapshotLater() throws Exception {
        redis.kill();
        Eventually.within(SOON, "the server reports Redis as unavailable", () -> saysAway());
        try (WatchPresenceReader watcher = new WatchPresenceReader(server.channel()).add(List.of("alice", "bob"))) {
            watcher.awaitMark(SOON, EventCase.STALE);
            redis.restart();
            watcher.awaitSnapshotOf(List.of("alice", "bob"));
            calls.beat("alice");
            watcher.await(true, "alice");
            watcher.awaitMark(SOON, EventCase.RESYNCED);
            assertThat(watcher.marks()).containsExactly(EventCase.STALE, EventCase.RESYNCED);
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
                            .send(Gateway.frame(PresenceCalls.users("g" + i + "f" + frame, HeartbeatFrame.MAX_BEATS)));
                }
            }
            for (Gateway gateway : gateways) {
                gateway.awaitAnswer(4);
                assertThat(gateway.reader().all()).allSatisfy(answer -> {
                    assertThat(answer.getRejectedList()).isEmpty();
                    assertThat(answer.getCameOnlineCount()).isEqualTo(HeartbeatFrame.MAX_BEATS);
                });
            }
        } finally {
            gateways.forEach(Gateway::close);
        }
    }

    /** Refused at once, without being sent. */
    private boolean saysAway() {
        return String.valueOf(
                        StatusAssert.unavailableSoon(() -> calls.get("alice")).getMessage())
                .endsWith("Redis is unavailable");
    }
}

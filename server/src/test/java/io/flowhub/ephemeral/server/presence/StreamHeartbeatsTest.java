package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** StreamHeartbeats answers each frame with one response, and no frame ends the stream. */
@Tag("contract")
class StreamHeartbeatsTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private static TestServer server;
    private static PresenceCalls calls;

    private final String user = UniqueIds.next();
    private Gateway gateway;

    @BeforeAll
    static void start() throws IOException {
        server = TestServer.on(TestRedis.url());
        calls = new PresenceCalls(server.channel());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void open() {
        gateway = calls.gateway();
    }

    @AfterEach
    void end() {
        gateway.close();
    }

    @Test
    void responseListsUsersThatCameOnlineAndWhenToSendTheNext() {
        List<String> users = PresenceCalls.users(user, 3);
        calls.heartbeat(users.get(1));
        StreamHeartbeatsResponse response = gateway.exchange(Gateway.frame(users));
        assertThat(response.getCameOnlineList()).containsExactlyInAnyOrder(users.get(0), users.get(2));
        assertThat(response.getRejectedList()).isEmpty();
        assertThat(Durations.toMillis(response.getExpiresIn())).isEqualTo(10_000);
        assertThat(Durations.toMillis(response.getNextIn())).isEqualTo(3_333);
        assertThat(gateway.exchange(Gateway.frame(users)).getCameOnlineList()).isEmpty();
        assertThat(calls.getAll(users)).allMatch(state -> state.getOnline());
    }

    @Test
    void repeatedUserComesOnlineOnce() {
        assertThat(gateway.exchange(Gateway.frame(List.of(user, user, user))).getCameOnlineList())
                .containsExactly(user);
    }

    @Test
    void connectionsOfAFrameKeepTheUserOnline() {
        gateway.exchange(StreamHeartbeatsRequest.newBuilder()
                .addHeartbeats(connection("phone"))
                .addHeartbeats(connection("desk"))
                .build());
        assertThat(calls.setOffline(user, "phone")).isFalse();
        assertThat(calls.setOffline(user, "desk")).isTrue();
    }

    @Test
    void responsesAreInTheOrderOfTheFrames() {
        for (int i = 0; i < 200; i++) { // small frames between large ones
            gateway.send(Gateway.frame(PresenceCalls.users(user + i, i % 2 == 0 ? 500 : 1)));
        }
        gateway.awaitResponse(199);
        List<StreamHeartbeatsResponse> responses = gateway.reader().all();
        for (int i = 0; i < 200; i++) {
            assertThat(responses.get(i).getSequence()).isEqualTo(i);
            assertThat(responses.get(i).getCameOnlineCount()).isEqualTo(i % 2 == 0 ? 500 : 1);
        }
    }

    @Test
    void halfCloseEndsTheStreamAfterTheLastResponse() {
        for (int i = 0; i < 5; i++) {
            gateway.send(Gateway.frame(PresenceCalls.users(user + i, HeartbeatFrame.MAX_HEARTBEATS)));
        }
        gateway.halfClose();
        Eventually.within(SOON, "the stream ends", () -> gateway.reader().hasCompleted());
        assertThat(gateway.reader().all()).hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1_001})
    void emptyOrTooLargeFrameIsRejectedAsAWholeAndTheStreamStaysOpen(int size) {
        List<String> users = PresenceCalls.users(user, size);
        StreamHeartbeatsResponse response = gateway.exchange(Gateway.frame(users));
        assertThat(response.getRejectedList())
                .singleElement()
                .satisfies(rejected -> assertRejected(rejected, -1, "ERROR_REASON_INVALID_FIELD"));
        assertThat(response.getCameOnlineList()).isEmpty();
        assertThat(users.stream().limit(1)).noneMatch(calls::isOnline);
        assertThat(gateway.exchange(Gateway.frame(List.of(user))).getCameOnlineList())
                .containsExactly(user);
    }

    @Test
    void sizeOfAFrameCountsBothKindsOfHeartbeats() {
        List<HeartbeatRequest> connections = new ArrayList<>();
        for (int i = 0; i < 501; i++) {
            connections.add(connection("c" + i));
        }
        StreamHeartbeatsRequest.Builder frame =
                StreamHeartbeatsRequest.newBuilder().addAllUserIds(PresenceCalls.users(user, 500));
        assertThat(gateway.exchange(frame.addAllHeartbeats(connections).build())
                        .getRejected(0)
                        .getIndex())
                .isEqualTo(-1);
        assertThat(gateway.exchange(frame.removeHeartbeats(0).build()).getCameOnlineCount())
                .isEqualTo(501);
    }

    @Test
    void badIdIsRejectedByItsIndexAndTheOthersAreAccepted() {
        StreamHeartbeatsResponse response = gateway.exchange(StreamHeartbeatsRequest.newBuilder()
                .addAllUserIds(List.of(user + "-0", "a:b", user + "-2"))
                .addHeartbeats(connection("phone"))
                .addHeartbeats(connection("a b"))
                .addHeartbeats(connection("c").toBuilder().setUserId("{a}"))
                .build());
        assertThat(response.getCameOnlineList()).containsExactlyInAnyOrder(user, user + "-0", user + "-2");
        assertThat(response.getRejectedList())
                .extracting(RejectedHeartbeat::getIndex)
                .containsExactly(1, 4, 5);
        assertThat(response.getRejectedList())
                .allSatisfy(rejected -> assertRejected(rejected, rejected.getIndex(), "ERROR_REASON_INVALID_FIELD"));
        assertThat(response.getRejected(0).getMessage())
                .startsWith("user_ids[1]: ")
                .contains("(expected: ");
        assertThat(response.getRejected(1).getMessage()).startsWith("heartbeats[1].connection_id: ");
        assertThat(response.getRejected(2).getMessage()).startsWith("heartbeats[2].user_id: ");
    }

    @Test
    void keyOfAnotherTypeIsRejectedByItsIndex() {
        try (var redis = TestRedis.jedis()) {
            redis.set("{presence:" + user + "}:connections", "x");
            redis.pexpire("{presence:" + user + "}:connections", 60_000);
        }
        StreamHeartbeatsResponse response = gateway.exchange(StreamHeartbeatsRequest.newBuilder()
                .addUserIds(user)
                .addHeartbeats(connection("phone"))
                .build());
        assertThat(response.getCameOnlineList()).containsExactly(user);
        assertThat(response.getRejectedList())
                .singleElement()
                .satisfies(rejected -> assertRejected(rejected, 1, "ERROR_REASON_REDIS_REJECTED"));
    }

    private HeartbeatRequest connection(String id) {
        return HeartbeatRequest.newBuilder().setUserId(user).setConnectionId(id).build();
    }

    private static void assertRejected(RejectedHeartbeat rejected, int index, String reason) {
        assertThat(rejected.getIndex()).isEqualTo(index);
        assertThat(rejected.getErrorReason()).isEqualTo(reason);
        assertThat(rejected.getMessage()).isNotEmpty();
    }
}

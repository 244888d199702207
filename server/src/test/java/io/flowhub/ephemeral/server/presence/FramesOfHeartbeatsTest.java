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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream of heartbeats answers each frame, and nothing in a frame ends it. */
class FramesOfHeartbeatsTest {

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
        calls.beat(users.get(1));
        StreamHeartbeatsResponse answer = gateway.answerTo(Gateway.frame(users));
        assertThat(answer.getCameOnlineList()).containsExactlyInAnyOrder(users.get(0), users.get(2));
        assertThat(answer.getRejectedList()).isEmpty();
        assertThat(Durations.toMillis(answer.getExpiresIn())).isEqualTo(10_000);
        assertThat(Durations.toMillis(answer.getNextIn())).isEqualTo(3_333);
        assertThat(gateway.answerTo(Gateway.frame(users)).getCameOnlineList()).isEmpty();
        assertThat(calls.getAll(users)).allMatch(state -> state.getOnline());
    }

    @Test
    void userNamedTwiceComesOnlineOnce() {
        assertThat(gateway.answerTo(Gateway.frame(List.of(user, user, user))).getCameOnlineList())
                .containsExactly(user);
    }

    @Test
    void connectionsOfAFrameCount() {
        gateway.answerTo(StreamHeartbeatsRequest.newBuilder()
                .addHeartbeats(connection("phone"))
                .addHeartbeats(connection("desk"))
                .build());
        assertThat(calls.setOffline(user, "phone")).isFalse();
        assertThat(calls.setOffline(user, "desk")).isTrue();
    }

    @Test
    void answersComeInTheOrderOfTheFrames() {
        for (int i = 0; i < 200; i++) { // small ones between large ones
            gateway.send(Gateway.frame(PresenceCalls.users(user + i, i % 2 == 0 ? 500 : 1)));
        }
        gateway.awaitAnswer(199);
        List<StreamHeartbeatsResponse> answers = gateway.reader().all();
        for (int i = 0; i < 200; i++) {
            assertThat(answers.get(i).getSequence()).isEqualTo(i);
            assertThat(answers.get(i).getCameOnlineCount()).isEqualTo(i % 2 == 0 ? 500 : 1);
        }
    }

    @Test
    void halfCloseEndsTheStreamAfterTheLastAnswer() {
        for (int i = 0; i < 5; i++) {
            gateway.send(Gateway.frame(PresenceCalls.users(user + i, HeartbeatFrame.MAX_BEATS)));
        }
        gateway.halfClose();
        Eventually.within(SOON, "the stream ends", () -> gateway.reader().hasCompleted());
        assertThat(gateway.reader().all()).hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1_001})
    void emptyOrTooLargeFrameIsRejectedAsAWholeAndTheStreamStaysOpen(int size) {
        List<String> users = PresenceCalls.users(user, size);
        StreamHeartbeatsResponse answer = gateway.answerTo(Gateway.frame(users));
        assertThat(answer.getRejectedList())
                .singleElement()
                .satisfies(refused -> refusedAs(refused, -1, "ERROR_REASON_INVALID_FIELD"));
        assertThat(answer.getCameOnlineList()).isEmpty();
        assertThat(users.stream().limit(1)).noneMatch(calls::isOnline);
        assertThat(gateway.answerTo(Gateway.frame(List.of(user))).getCameOnlineList())
                .containsExactly(user);
    }

    @Test
    void bothKindsOfHeartbeatsCountTogether() {
        List<HeartbeatRequest> connections = new ArrayList<>();
        for (int i = 0; i < 501; i++) {
            connections.add(connection("c" + i));
        }
        StreamHeartbeatsRequest.Builder frame =
                StreamHeartbeatsRequest.newBuilder().addAllUserIds(PresenceCalls.users(user, 500));
        assertThat(gateway.answerTo(frame.addAllHeartbeats(connections).build())
                        .getRejected(0)
                        .getIndex())
                .isEqualTo(-1);
        assertThat(gateway.answerTo(frame.removeHeartbeats(0).build()).getCameOnlineCount())
                .isEqualTo(501);
    }

    @Test
    void badIdIsRejectedByItsIndexAndTheOthersAreAccepted() {
        StreamHeartbeatsResponse answer = gateway.answerTo(StreamHeartbeatsRequest.newBuilder()
                .addAllUserIds(List.of(user + "-0", "a:b", user + "-2"))
                .addHeartbeats(connection("phone"))
                .addHeartbeats(connection("a b"))
                .addHeartbeats(connection("c").toBuilder().setUserId("{a}"))
                .build());
        assertThat(answer.getCameOnlineList()).containsExactlyInAnyOrder(user, user + "-0", user + "-2");
        assertThat(answer.getRejectedList())
                .extracting(RejectedHeartbeat::getIndex)
                .containsExactly(1, 4, 5);
        assertThat(answer.getRejectedList())
                .allSatisfy(refused -> refusedAs(refused, refused.getIndex(), "ERROR_REASON_INVALID_FIELD"));
        assertThat(answer.getRejected(0).getMessage()).startsWith("user_ids: ").contains("(expected: ");
        assertThat(answer.getRejected(1).getMessage()).startsWith("connection_id: ");
        assertThat(answer.getRejected(2).getMessage()).startsWith("user_id: ");
    }

    @Test
    void keyOfAnotherTypeIsRejectedByItsIndex() {
        try (var redis = TestRedis.jedis()) {
            redis.set("{presence:" + user + "}:connections", "x");
            redis.pexpire("{presence:" + user + "}:connections", 60_000);
        }
        StreamHeartbeatsResponse answer = gateway.answerTo(StreamHeartbeatsRequest.newBuilder()
                .addUserIds(user)
                .addHeartbeats(connection("phone"))
                .build());
        assertThat(answer.getCameOnlineList()).containsExactly(user);
        assertThat(answer.getRejectedList())
                .singleElement()
                .satisfies(refused -> refusedAs(refused, 1, "ERROR_REASON_REDIS_REJECTED"));
    }

    private HeartbeatRequest connection(String id) {
        return HeartbeatRequest.newBuilder().setUserId(user).setConnectionId(id).build();
    }

    private static void refusedAs(RejectedHeartbeat refused, int index, String reason) {
        assertThat(refused.getIndex()).isEqualTo(index);
        assertThat(refused.getErrorReason()).isEqualTo(reason);
        assertThat(refused.getMessage()).isNotEmpty();
    }
}

package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.GetPresenceResponse;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.RejectedHeartbeat;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.params.SetParams;

/** StreamHeartbeats answers each frame with one response, and no frame ends the stream. */
@Tag("contract")
class StreamHeartbeatsTest {

    @AutoClose
    private static final TestServer SERVER = TestServer.shared();

    private static final PresenceCalls CALLS = new PresenceCalls(SERVER.channel());

    private final String user = UniqueIds.next();

    @AutoClose
    private final Gateway gateway = CALLS.gateway();

    @Test
    void responseListsUsersThatCameOnlineOnceEachAndWhenToSendTheNext() {
        List<String> users = PresenceCalls.users(user, 3);
        CALLS.heartbeat(users.get(1));
        StreamHeartbeatsResponse response =
                gateway.exchange(List.of(users.get(0), users.get(0), users.get(0), users.get(1), users.get(2)));
        assertThat(response.getCameOnlineList()).containsExactlyInAnyOrder(users.get(0), users.get(2));
        assertThat(response.getRejectedList()).isEmpty();
        assertThat(Durations.toMillis(response.getExpiresIn())).isEqualTo(10_000);
        assertThat(Durations.toMillis(response.getNextIn())).isEqualTo(3_333);
        assertThat(gateway.exchange(users).getCameOnlineList()).isEmpty();
        assertThat(CALLS.getAll(users)).allMatch(GetPresenceResponse::getOnline);
    }

    @Test
    void connectionsOfAFrameKeepTheUserOnline() {
        gateway.exchange(frame(List.of(), connection("phone"), connection("desk")));
        assertThat(CALLS.setOffline(user, "phone")).isFalse();
        assertThat(CALLS.setOffline(user, "desk")).isTrue();
    }

    @Test
    void responsesAreInTheOrderOfTheFrames() {
        for (int i = 0; i < 200; i++) { // small frames between large ones
            gateway.send(PresenceCalls.users(user + i, i % 2 == 0 ? 500 : 1));
        }
        for (int i = 0; i < 200; i++) {
            assertThat(gateway.awaitResponse(i))
                    .returns((long) i, StreamHeartbeatsResponse::getSequence)
                    .returns(i % 2 == 0 ? 500 : 1, StreamHeartbeatsResponse::getCameOnlineCount);
        }
    }

    @Test
    void halfCloseEndsTheStreamAfterTheLastResponse() {
        for (int i = 0; i < 5; i++) {
            gateway.send(PresenceCalls.users(user + i, HeartbeatFrame.MAX_HEARTBEATS));
        }
        gateway.halfClose();
        gateway.awaitEnd();
        assertThat(gateway.all()).hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1_001})
    void emptyOrTooLargeFrameIsRejectedAsAWholeAndTheStreamStaysOpen(int size) {
        List<String> users = PresenceCalls.users(user, size);
        StreamHeartbeatsResponse response = gateway.exchange(users);
        assertRejected(response, "ERROR_REASON_INVALID_FIELD", -1);
        assertThat(response.getCameOnlineList()).isEmpty();
        assertThat(users.stream().limit(1)).noneMatch(CALLS::isOnline);
        assertThat(gateway.exchange(List.of(user)).getCameOnlineList()).containsExactly(user);
    }

    @Test
    void sizeOfAFrameCountsBothKindsOfHeartbeats() {
        var frame = frame(
                PresenceCalls.users(user, 500),
                IntStream.range(0, 501).mapToObj(i -> connection("c" + i)).toArray(HeartbeatRequest[]::new));
        assertThat(gateway.exchange(frame).getRejected(0).getIndex()).isEqualTo(-1);
        assertThat(gateway.exchange(frame.removeHeartbeats(0)).getCameOnlineCount())
                .isEqualTo(501);
    }

    @Test
    void badIdIsRejectedByItsIndexAndTheOthersAreAccepted() {
        StreamHeartbeatsResponse response = gateway.exchange(frame(
                List.of(user + "-0", "a:b", user + "-2"),
                connection("phone"),
                connection("a b"),
                PresenceCalls.request("{a}", "c")));
        assertThat(response.getCameOnlineList()).containsExactlyInAnyOrder(user, user + "-0", user + "-2");
        assertRejected(response, "ERROR_REASON_INVALID_FIELD", 1, 4, 5);
        assertThat(response.getRejected(0).getMessage())
                .startsWith("user_ids[1]: ")
                .contains("(expected: ");
        assertThat(response.getRejected(1).getMessage()).startsWith("heartbeats[1].connection_id: ");
        assertThat(response.getRejected(2).getMessage()).startsWith("heartbeats[2].user_id: ");
    }

    @Test
    void keyOfAnotherTypeIsRejectedByItsIndex() {
        try (var redis = TestRedis.jedis()) {
            redis.set("{presence:" + user + "}:connections", "x", new SetParams().px(60_000));
        }
        StreamHeartbeatsResponse response = gateway.exchange(frame(List.of(user), connection("phone")));
        assertThat(response.getCameOnlineList()).containsExactly(user);
        assertRejected(response, "ERROR_REASON_REDIS_REJECTED", 1);
    }

    private HeartbeatRequest connection(String id) {
        return PresenceCalls.request(user, id);
    }

    private static StreamHeartbeatsRequest.Builder frame(List<String> users, HeartbeatRequest... connections) {
        return StreamHeartbeatsRequest.newBuilder().addAllUserIds(users).addAllHeartbeats(List.of(connections));
    }

    private static void assertRejected(StreamHeartbeatsResponse response, String reason, Integer... indexes) {
        assertThat(response.getRejectedList())
                .allMatch(rejected -> rejected.getErrorReason().equals(reason))
                .noneMatch(rejected -> rejected.getMessage().isEmpty())
                .extracting(RejectedHeartbeat::getIndex)
                .containsExactly(indexes);
    }
}

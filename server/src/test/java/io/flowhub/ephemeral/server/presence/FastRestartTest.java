package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Fresh;
import io.flowhub.ephemeral.server.fixture.Reader;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc.PresenceServiceBlockingStub;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.Kind;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Redis restarts, empty, and may be back before its silence is noticed: its keys are gone, the users are not. */
class FastRestartTest {

    private static final Duration SOON = Duration.ofSeconds(15);

    @Test
    void nobodyIsToldOfflineWhoseNextHeartbeatIsOnItsWay() throws Exception {
        List<String> users = IntStream.range(0, 50).mapToObj(i -> Fresh.id()).toList();
        try (RedisProcess redis = RedisProcess.start();
                TestServer server = TestServer.on(redis.url(), "presence.ttl: 3s")) {
            PresenceServiceBlockingStub stub = PresenceServiceGrpc.newBlockingStub(server.channel());
            users.forEach(user -> beat(stub, user));
            Reader<WatchPresenceRequest, WatchPresenceResponse> reader = Reader.eager();
            PresenceServiceGrpc.newStub(server.channel())
                    .watchPresence(reader)
                    .onNext(WatchPresenceRequest.newBuilder()
                            .addAllAddUserIds(users)
                            .build());
            reader.awaitFirst(SOON, response -> response.getKind() == Kind.KIND_SNAPSHOT);

            redis.kill();
            redis.restart();
            reader.awaitFirst(SOON, response -> response.getKind() == Kind.KIND_STALE);
            Eventually.within(SOON, () -> {
                users.forEach(user -> beat(stub, user));
                return reader.all().stream().anyMatch(response -> response.getKind() == Kind.KIND_RESYNCED);
            });
            assertThat(reader.all()).extracting(WatchPresenceResponse::getKind).doesNotContain(Kind.KIND_OFFLINE);
        }
    }

    /** A heartbeat that is lost is followed by another one. */
    private static void beat(PresenceServiceBlockingStub stub, String user) {
        try {
            var unused =
                    stub.heartbeat(HeartbeatRequest.newBuilder().setUserId(user).build());
        } catch (StatusRuntimeException e) {
            // Redis is on its way back.
        }
    }
}

package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The bound on the open calls of a server, over all connections. */
@Tag("contract")
@Tag("quick")
class MaxCallsTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int MAX = 5;
    private static final CheckRateRequest CHECK = CheckRateRequest.newBuilder()
            .setUserId("max-calls-test")
            .setAction("a")
            .build();

    @Test
    void callsBeyondTheBoundAreOverloadedUntilAnotherOneEnds() {
        try (TestServer server = TestServer.shared("server.max_calls: " + MAX, RpcCatalog.SETTINGS)) {
            for (int i = 0; i < 3 * MAX; i++) { // these leave nothing behind
                var unused = server.rateLimits().checkRate(CHECK);
            }
            List<StreamReader<SubscribeRequest, SubscribeResponse>> streams = new ArrayList<>();
            for (int i = 0; i < MAX; i++) {
                streams.add(StreamReader.eager(
                        BroadcastServiceGrpc.newStub(i == 0 ? server.channel() : server.narrowChannel())::subscribe));
            }
            SubscribeRequest room =
                    SubscribeRequest.newBuilder().addAddRoomIds("a").build();
            streams.forEach(stream -> stream.send(room));
            streams.forEach(stream -> stream.awaitFirst(SOON, SubscribeResponse::hasSubscribed));
            for (int i = 0; i < 3 * MAX; i++) {
                StatusAssert.hasStatus(
                        Code.RESOURCE_EXHAUSTED,
                        "ERROR_REASON_OVERLOADED",
                        () -> server.rateLimits().checkRate(CHECK));
            }
            assertThat(HealthGrpc.newBlockingStub(server.channel())
                            .check(HealthCheckRequest.getDefaultInstance())
                            .isInitialized())
                    .isTrue();
            streams.get(0).close();
            Eventually.soon("a call fits again", () -> !isOverloaded(server));
            streams.forEach(StreamReader::close);
        }
    }

    private static boolean isOverloaded(TestServer server) {
        try {
            var unused = server.rateLimits().checkRate(CHECK);
            return false;
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
            return true;
        }
    }
}

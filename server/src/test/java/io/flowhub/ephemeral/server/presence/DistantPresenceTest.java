package io.flowhub.ephemeral.server.presence;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Readiness;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.Stopwatch;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.HeartbeatResponse;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.PresenceState;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Users whose heartbeats stop, with a Redis so far away that the sweeps of a server overlap with their ends. */
@Tag("fault")
@Tag("latency")
class DistantPresenceTest {

    private static final Duration TTL = Duration.ofSeconds(5);
    private static final int USERS = 300;

    private final Map<String, Stopwatch> sinceHeartbeat = new ConcurrentHashMap<>();
    private final Map<String, Duration> untilOffline = new ConcurrentHashMap<>();

    @ParameterizedTest
    @ValueSource(longs = {0, 20, 50})
    void userIsReportedOffline250MsAndARoundTripAfterTheEndAtTheLatest(long millis) throws Exception {
        Duration roundTrip = Duration.ofMillis(millis);
        try (RedisProcess redis = RedisProcess.start();
                RedisProxy distant = RedisProxy.distant(redis.port(), roundTrip);
                TestServer server = TestServer.on(distant.url(), "presence.ttl: " + TTL.toSeconds() + "s")) {
            Readiness.await(server.channel());
            List<String> users = PresenceCalls.users("user", USERS);
            var stub = PresenceServiceGrpc.newStub(server.channel());
            StreamObserver<WatchPresenceRequest> watch = stub.watchPresence(new Offline());
            watch.onNext(
                    WatchPresenceRequest.newBuilder().addAllAddUserIds(users).build());
            for (int round = 0; round < 2; round++) { // the first heartbeat of a user takes two script calls
                for (String user : users) { // one every 10 ms: so they end
                    sinceHeartbeat.put(user, Stopwatch.start());
                    stub.heartbeat(PresenceCalls.request(user, ""), new Ignored<HeartbeatResponse>());
                    TimeUnit.MILLISECONDS.sleep(10);
                }
            }
            Eventually.within(TTL.multipliedBy(4), "all users are offline", () -> untilOffline.size() == USERS);
            watch.onCompleted();

            Duration halfTheTrip = roundTrip.dividedBy(2);
            assertThat(untilOffline.values())
                    .allSatisfy(elapsed -> assertThat(elapsed.minus(TTL).minus(halfTheTrip))
                            .isLessThanOrEqualTo(roundTrip.plusMillis(250)));
        }
    }

    private final class Offline extends Ignored<WatchPresenceResponse> {
        @Override
        public void onNext(WatchPresenceResponse event) {
            for (PresenceState state : event.getOffline().getUsersList()) {
                String user = state.getUserId();
                untilOffline.put(
                        user, Objects.requireNonNull(sinceHeartbeat.get(user)).elapsed());
            }
        }
    }

    private static class Ignored<T> implements StreamObserver<T> {
        @Override
        public void onNext(T message) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }
}

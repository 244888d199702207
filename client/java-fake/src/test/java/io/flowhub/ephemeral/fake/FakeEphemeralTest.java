package io.flowhub.ephemeral.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralErrors;
import io.flowhub.ephemeral.client.PresenceListener;
import io.flowhub.ephemeral.client.PresenceWatch;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.flowhub.ephemeral.v1.HeartbeatRequest;
import io.flowhub.ephemeral.v1.RefusedOtp;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a test can do with the fake, and not with a server. */
@Tag("contract")
@Timeout(60)
class FakeEphemeralTest {

    private final FakeEphemeral fake = FakeEphemeral.start();

    /** No call has 1 s only: the first of a process also loads classes. */
    private final EphemeralClient client = EphemeralClient.builder(fake.target())
            .plaintext()
            .deadline(Duration.ofSeconds(20))
            .maxCacheWait(Duration.ofSeconds(20))
            .build();

    @AfterEach
    void end() {
        client.close();
        fake.close();
    }

    @Test
    void deniedUserIsAllowedAfterTheWindow() {
        fake.rateLimit("exports", 1, Duration.ofHours(1));
        assertThat(client.checkRate("alice", "exports").getAllowed()).isTrue();
        assertThat(client.checkRate("alice", "exports").getAllowed()).isFalse();

        fake.advance(Duration.ofMinutes(61));

        assertThat(client.checkRate("alice", "exports").getAllowed()).isTrue();
    }

    @Test
    void codeOfAMailIsKnownToTheTestAndExpires() {
        String challenge = client.issueOtp("alice", "login").getIssued().getChallengeId();
        String code = fake.otpCode("alice").orElseThrow();
        assertThat(client.issueOtp("alice", "login").getRefused().getReason())
                .isEqualTo(RefusedOtp.Reason.REASON_COOLDOWN);

        fake.advance(Duration.ofMinutes(6));

        assertThat(fake.otpCode("alice")).isEmpty();
        assertThat(client.verifyOtp("alice", "login", challenge, code).getFlagValue())
                .isEmpty();
        assertThat(client.issueOtp("alice", "login").hasIssued()).isTrue();
    }

    @Test
    void cachedObjectExpires() {
        client.users().get("alice", id -> Optional.of("{\"n\":1}"));
        fake.advance(Duration.ofMinutes(6));

        assertThat(client.users().get("alice", id -> Optional.of("{\"n\":2}"))).contains("{\"n\":2}");
    }

    @Test
    void userWhoseHeartbeatsStopGoesOffline() throws Exception {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        var unused = client.presence()
                .heartbeat(HeartbeatRequest.newBuilder().setUserId("alice").build());
        try (PresenceWatch watch = client.watchPresence(new Events(events))) {
            watch.add("alice");
            assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("online alice");

            fake.advance(Duration.ofSeconds(11));

            assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("offline alice");
        }
    }

    @Test
    void outageFailsCallsMakesStreamsStaleAndLosesNothing() throws Exception {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        client.checkRate("alice", "login_attempts");
        try (PresenceWatch watch = client.watchPresence(new Events(events))) {
            watch.add("alice");
            assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("offline alice");
            fake.unavailable(true);

            Throwable failure = catchThrowable(() -> client.checkRate("alice", "login_attempts"));
            assertThat(Status.fromThrowable(failure).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(EphemeralErrors.reason(failure)).contains(ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE);
            assertThat(client.featureFlag("dark_mode", "alice", "off")).isEqualTo("off");
            assertThat(client.users().get("alice", id -> Optional.of("{}"))).contains("{}");
            assertThat(readiness()).isEqualTo(ServingStatus.NOT_SERVING);

            fake.unavailable(false);

            assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("stale");
            assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("resynced");
            assertThat(client.checkRate("alice", "login_attempts").getRemaining())
                    .isEqualTo(3);
            assertThat(readiness()).isEqualTo(ServingStatus.SERVING);
        }
    }

    private ServingStatus readiness() {
        return HealthGrpc.newBlockingStub(client.channel())
                .check(HealthCheckRequest.newBuilder().setService("readiness").build())
                .getStatus();
    }

    private record Events(BlockingQueue<String> received) implements PresenceListener {

        @Override
        public void online(String userId) {
            received.add("online " + userId);
        }

        @Override
        public void offline(String userId) {
            received.add("offline " + userId);
        }

        @Override
        public void stale() {
            received.add("stale");
        }

        @Override
        public void resynced() {
            received.add("resynced");
        }
    }
}

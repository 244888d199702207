package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.SampleRequests.CHECK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.RecordingListener;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Timeout(60)
class DeadlineTest {

    @Test
    void callWithoutDeadlineGetsOneSecond() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = connected(server)) {
            client.rateLimits().checkRate(CHECK);

            assertThat(server.awaitTimeLeft()).isBetween(Duration.ofMillis(1), Duration.ofSeconds(1));
        }
    }

    @Test
    void deadlineOfTheStubTakesPrecedence() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = connected(server)) {
            client.rateLimits().withDeadlineAfter(Duration.ofSeconds(30)).checkRate(CHECK);

            assertThat(server.awaitTimeLeft()).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(30));
        }
    }

    @Test
    void unansweredCallEndsAtTheDeadlineOfTheClient() throws Exception {
        try (FakeServer server = FakeServer.start().holding();
                EphemeralClient client = EphemeralClient.builder(server.target())
                        .plaintext()
                        .deadline(Duration.ofMillis(300))
                        .build()) {
            assertThatThrownBy(() -> client.rateLimits().checkRate(CHECK))
                    .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                    .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        }
    }

    @Test
    void stubsMadeFromTheChannelHaveTheDeadlineToo() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = connected(server)) {
            RateLimitServiceGrpc.newBlockingStub(client.channel()).checkRate(CHECK);

            assertThat(server.awaitTimeLeft()).isLessThanOrEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void streamsHaveNoDeadline() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = EphemeralClient.builder(server.target())
                        .plaintext()
                        .deadline(Duration.ofMillis(100))
                        .build();
                PresenceWatch watch = client.watchPresence(new RecordingListener())) {
            var stream = server.presence.watches.await();
            TimeUnit.MILLISECONDS.sleep(300);

            watch.add("alice");
            assertThat(stream.await().getAddUserIdsList()).containsExactly("alice");
        }
    }

    /** With the default deadline, after a first call that may need more time. */
    private static EphemeralClient connected(FakeServer server) throws InterruptedException {
        EphemeralClient client = EphemeralClient.connect(server.target());
        client.rateLimits().withDeadlineAfter(Duration.ofSeconds(20)).checkRate(CHECK);
        assertThat(server.awaitTimeLeft()).isPositive();
        return client;
    }

    @Test
    void deadlineAndKeepAliveOutOfRangeAreRejected() {
        EphemeralClientBuilder builder = EphemeralClient.builder("localhost:9090");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.deadline(Duration.ZERO))
                .withMessage("deadline: PT0S (expected: PT0.001S to PT1H)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.keepAlive(Duration.ofSeconds(9)))
                .withMessage("keepAlive: PT9S (expected: PT10S to PT1H)");
    }
}

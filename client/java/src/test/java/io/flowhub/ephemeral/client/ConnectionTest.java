package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.FakeServer.CHECK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.StaticNames;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The channel: connections, and the deadlines of calls. */
class ConnectionTest extends WithFakeServer {

    @Test
    void clientReconnectsToARestartedServer() {
        client.rateLimits().checkRate(CHECK);
        server.close();
        assertFails(Code.UNAVAILABLE, () -> client.rateLimits().checkRate(CHECK));

        server = FakeServer.start(server.port());
        RateLimitServiceBlockingStub patient = client.rateLimits().withWaitForReady();

        assertThat(patient.checkRate(CHECK).getAllowed()).isTrue();
        assertThat(server.calls).hasValue(1);
    }

    @Test
    void callsAreDistributedOverAllAddresses() throws Exception {
        try (FakeServer other = FakeServer.start();
                StaticNames names = StaticNames.register(server.port(), other.port());
                EphemeralClient both = FakeServer.patientClient(names.target()).build()) {
            // One address may connect before the other; after both, calls alternate.
            while (server.calls.get() == 0 || other.calls.get() == 0) {
                both.rateLimits().checkRate(CHECK);
            }
            int before = other.calls.get();
            for (int i = 0; i < 10; i++) {
                both.rateLimits().checkRate(CHECK);
            }

            assertThat(other.calls.get() - before).isEqualTo(5);
        }
    }

    @Test
    void callsAreDistributedOverSeveralNamesWithoutThoseThatHaveNoAddress() {
        try (FakeServer other = FakeServer.start();
                EphemeralClient both = FakeServer.patientClient(
                                "ephemeral.invalid:9090," + server.target() + "," + other.target())
                        .build()) {
            while (server.calls.get() == 0 || other.calls.get() == 0) {
                both.rateLimits().checkRate(CHECK);
            }
        }
    }

    @Test
    void unreachableServerFailsCallsBeforeTheirDeadline() {
        server.close();
        try (EphemeralClient late = FakeServer.patientClient(server.target()).build()) {
            assertFails(Code.UNAVAILABLE, () -> late.rateLimits().checkRate(CHECK));
        }
    }

    @Test
    void closedClientRejectsCallsAndHoldsNoConnection() throws Exception {
        client.rateLimits().checkRate(CHECK);

        client.close();

        assertThat(((ManagedChannel) client.channel()).awaitTermination(10, TimeUnit.SECONDS))
                .isTrue();
        assertFails(Code.UNAVAILABLE, () -> client.rateLimits().checkRate(CHECK));
        assertThat(server.calls).hasValue(1);
    }

    @Test
    void closeWaitsForACallInFlight() throws Exception {
        server.holding();
        ListenableFuture<CheckRateResponse> call = client.rateLimitsFuture().checkRate(CHECK);
        Runnable respond = Await.next("a call", server.held);
        CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close);
        assertThat(closed).as("closing").failsWithin(Duration.ofMillis(200));
        respond.run();

        assertThat(call.get(10, TimeUnit.SECONDS).getAllowed()).isTrue();
        closed.get(10, TimeUnit.SECONDS);
    }

    @Test
    void callGetsOneSecondUnlessItsStubHasADeadline() throws Exception {
        try (EphemeralClient standard = EphemeralClient.connect(server.target())) {
            standard.rateLimits().withDeadlineAfter(Duration.ofSeconds(30)).checkRate(CHECK);
            assertThat(Await.next("a call", server.timeLeft)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(30));

            standard.rateLimits().checkRate(CHECK);
            RateLimitServiceGrpc.newBlockingStub(standard.channel()).checkRate(CHECK);

            assertThat(Await.next("a call", server.timeLeft)).isBetween(Duration.ofMillis(1), Duration.ofSeconds(1));
            assertThat(Await.next("a call", server.timeLeft)).isBetween(Duration.ofMillis(1), Duration.ofSeconds(1));
        }
    }

    @Test
    void unansweredCallEndsAtTheDeadlineOfTheClient() throws Exception {
        server.holding();
        try (EphemeralClient hurried = withDeadline(Duration.ofMillis(300))) {
            assertFails(Code.DEADLINE_EXCEEDED, () -> hurried.rateLimits().checkRate(CHECK));
        }
    }

    @Test
    void callWithAnInvalidTokenFailsWithoutTheTokenAndIsNotSent() {
        List<String> tokens = new ArrayList<>(List.of("secret\nsecond", "secret\u00e9"));
        try (EphemeralClient client = FakeServer.patientClient(server.target())
                .bearerToken(() -> tokens.isEmpty() ? "good" : tokens.remove(0))
                .build()) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> client.rateLimits().checkRate(CHECK))
                        .hasMessage("UNAUTHENTICATED: bearerToken: the supplied token is invalid (expected: one line of"
                                + " printable ASCII characters, not empty)");
            }
            assertThat(server.calls).hasValue(0);

            assertThat(client.rateLimits().checkRate(CHECK).getAllowed()).isTrue();
        }
    }

    @Test
    void streamsHaveNoDeadline() throws Exception {
        try (EphemeralClient hurried = withDeadline(Duration.ofMillis(100));
                PresenceWatch watch = hurried.watchPresence(callbacks.as(PresenceListener.class))) {
            var stream = server.presence.watches.await();
            TimeUnit.MILLISECONDS.sleep(300);

            watch.add("alice");
            stream.await("add_user_ids: 'alice'");
        }
    }

    private EphemeralClient withDeadline(Duration deadline) {
        return EphemeralClient.builder(server.target())
                .plaintext()
                .deadline(deadline)
                .build();
    }
}

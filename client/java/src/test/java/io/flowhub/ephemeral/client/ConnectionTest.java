package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.SampleRequests.CHECK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.StaticNames;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Timeout(60)
class ConnectionTest {

    @Test
    void clientReconnectsToARestartedServer() throws Exception {
        FakeServer first = FakeServer.start();
        try (EphemeralClient client = first.client()) {
            client.rateLimits().checkRate(CHECK);
            first.close();
            assertThatThrownBy(() -> client.rateLimits().checkRate(CHECK)).satisfies(ConnectionTest::isUnavailable);

            try (FakeServer second = FakeServer.start(first.port())) {
                CheckRateResponse response = client.rateLimits()
                        .withWaitForReady()
                        .withDeadlineAfter(Duration.ofSeconds(20))
                        .checkRate(CHECK);

                assertThat(response.getAllowed()).isTrue();
                assertThat(second.calls).hasValue(1);
            }
        }
    }

    @Test
    void callsAreDistributedOverAllAddresses() throws Exception {
        try (FakeServer one = FakeServer.start();
                FakeServer other = FakeServer.start();
                StaticNames names = StaticNames.register(one.port(), other.port());
                EphemeralClient client = FakeServer.client(names.target())) {
            // One address may connect before the other; after both, calls alternate.
            while (one.calls.get() == 0 || other.calls.get() == 0) {
                client.rateLimits().checkRate(CHECK);
            }
            int before = one.calls.get();
            for (int i = 0; i < 10; i++) {
                client.rateLimits().checkRate(CHECK);
            }

            assertThat(one.calls.get() - before).isEqualTo(5);
        }
    }

    @Test
    void unreachableServerFailsCallsAtOnce() throws Exception {
        FakeServer server = FakeServer.start();
        server.close();
        try (EphemeralClient client = server.client()) {
            assertThatThrownBy(() -> client.rateLimits()
                            .withDeadlineAfter(Duration.ofSeconds(30))
                            .checkRate(CHECK))
                    .satisfies(ConnectionTest::isUnavailable);
        }
    }

    @Test
    void closedClientRejectsCallsAndHoldsNoConnection() throws Exception {
        try (FakeServer server = FakeServer.start()) {
            EphemeralClient client = server.client();
            client.rateLimits().checkRate(CHECK);

            client.close();

            assertThat(((ManagedChannel) client.channel()).awaitTermination(10, TimeUnit.SECONDS))
                    .isTrue();
            assertThatThrownBy(() -> client.rateLimits().checkRate(CHECK)).satisfies(ConnectionTest::isUnavailable);
            assertThat(server.calls).hasValue(1);
        }
    }

    @Test
    void closeWaitsForACallInFlight() throws Exception {
        try (FakeServer server = FakeServer.start().holding();
                EphemeralClient client = EphemeralClient.builder(server.target())
                        .plaintext()
                        .deadline(Duration.ofSeconds(20))
                        .build()) {
            ListenableFuture<CheckRateResponse> call = client.rateLimitsFuture().checkRate(CHECK);
            Runnable respond = server.awaitHeld();
            CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close);
            respond.run();

            assertThat(call.get(10, TimeUnit.SECONDS).getAllowed()).isTrue();
            closed.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void targetWithoutSchemeIsResolvedByDns() {
        assertThat(Targets.withScheme("ephemeral:9090")).isEqualTo("dns:///ephemeral:9090");
        assertThat(Targets.withScheme("[::1]:9090")).isEqualTo("dns:///%5B::1%5D:9090");
        assertThat(Targets.withScheme("dns:///ephemeral:9090")).isEqualTo("dns:///ephemeral:9090");
        assertThat(Targets.withScheme("unix:/run/ephemeral.sock")).isEqualTo("unix:/run/ephemeral.sock");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EphemeralClient.connect(" "))
                .withMessage("target: \" \" (expected: host:port)");
    }

    private static void isUnavailable(Throwable thrown) {
        assertThat(Status.fromThrowable(thrown).getCode()).as(thrown.toString()).isEqualTo(Status.Code.UNAVAILABLE);
    }
}

package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.FakeServer.CHECK;
import static io.flowhub.ephemeral.client.fixture.FakeServer.RESET;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.rpc.Code;
import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.StaticNames;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.flowhub.ephemeral.v1.ResetRateResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class RetryTest extends WithFakeServer {

    @Test
    void resetIsRetriedUntilItSucceeds() throws Exception {
        server.failing(Statuses.unavailable(), 2);
        assertThat(client.rateLimits().resetRate(RESET).getRemaining()).isEqualTo(5);
        assertThat(server.calls).hasValue(3);

        server.failing(Statuses.unavailable(), 2);
        ListenableFuture<ResetRateResponse> call = client.rateLimitsFuture().resetRate(RESET);
        assertThat(call.get(10, TimeUnit.SECONDS).getRemaining()).isEqualTo(5);
        assertThat(server.calls).hasValue(6);
    }

    @Test
    void onlyUnavailableAndOnlyCallsThatChargeNothingAreRetried() {
        assertSentOnce(Statuses.unavailable(), stub -> stub.checkRate(CHECK));
        assertSentOnce(Statuses.status(Code.INTERNAL), stub -> stub.resetRate(RESET));
        assertSentOnce(Statuses.status(Code.RESOURCE_EXHAUSTED), stub -> stub.resetRate(RESET));
        assertSentOnce(Statuses.status(Code.FAILED_PRECONDITION), stub -> stub.resetRate(RESET));
    }

    @Test
    void retryPastTheDeadlineIsSkipped() {
        RateLimitServiceBlockingStub hurried = client.rateLimits().withDeadlineAfter(Duration.ofSeconds(4));

        assertSentOnce(Statuses.unavailable(Duration.ofSeconds(5)), stub -> hurried.resetRate(RESET));
    }

    @Test
    void callOnADyingServerIsRetriedOnAnother() throws Exception {
        try (FakeServer one = FakeServer.start().holding();
                FakeServer other = FakeServer.start().holding();
                StaticNames names = StaticNames.register(one.port(), other.port());
                EphemeralClient both = FakeServer.patientClient(names.target()).build()) {
            ListenableFuture<ResetRateResponse> call = both.rateLimitsFuture().resetRate(RESET);
            Await.until("a call", () -> one.calls.get() + other.calls.get() > 0);
            FakeServer dying = one.calls.get() > 0 ? one : other;
            FakeServer surviving = dying == one ? other : one;

            dying.die();
            Await.next("a call", surviving.held).run();

            assertThat(call.get(10, TimeUnit.SECONDS).getRemaining()).isEqualTo(5);
        }
    }

    @Test
    void retriesStopWhileServersStayDown() {
        server.failing(Statuses.unavailable(Duration.ZERO), 100);
        for (int i = 0; i < 30; i++) {
            assertFails(Status.Code.UNAVAILABLE, () -> client.rateLimits().resetRate(RESET));
        }

        // 16 calls are sent 3 times and one twice; after these 50 failures the other 13 are sent once.
        assertThat(server.calls).hasValue(63);
    }

    private void assertSentOnce(StatusRuntimeException failure, Consumer<RateLimitServiceBlockingStub> call) {
        int before = server.calls.get();
        server.failing(failure, 1);

        assertFails(failure.getStatus().getCode(), () -> call.accept(client.rateLimits()));

        assertThat(server.calls.get() - before).isEqualTo(1);
    }
}

package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.SampleRequests.BATCH;
import static io.flowhub.ephemeral.client.fixture.SampleRequests.CHECK;
import static io.flowhub.ephemeral.client.fixture.SampleRequests.CHECK_WITH_REQUEST_ID;
import static io.flowhub.ephemeral.client.fixture.SampleRequests.PEEK;
import static io.flowhub.ephemeral.client.fixture.SampleRequests.REFUND;
import static io.flowhub.ephemeral.client.fixture.SampleRequests.RESET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.rpc.Code;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.StaticNames;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.CheckRateResponse;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.flowhub.ephemeral.v1.ResetRateResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Tag("quick")
@Timeout(60)
class RetryTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    private FakeServer server;
    private EphemeralClient client;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        client = EphemeralClient.builder(server.target())
                .plaintext()
                .deadline(LONG)
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void resetIsRetriedUntilItSucceeds() {
        server.failing(Statuses.unavailable(), 2);

        assertThat(client.rateLimits().resetRate(RESET).getRemaining()).isEqualTo(5);
        assertThat(server.calls).hasValue(3);
    }

    @Test
    void checkWithRequestIdOrWithoutHitsIsRetried() {
        server.failing(Statuses.unavailable(), 1);
        assertThat(client.rateLimits().checkRate(CHECK_WITH_REQUEST_ID).getAllowed())
                .isTrue();
        assertThat(server.calls).hasValue(2);

        server.failing(Statuses.unavailable(), 1);
        assertThat(client.rateLimits().checkRate(PEEK).getAllowed()).isTrue();
        assertThat(server.calls).hasValue(4);
    }

    @Test
    void callsThatChargeEachTimeAreNotRetried() {
        assertSentOnce(Statuses.unavailable(), stub -> stub.checkRate(CHECK));
        assertSentOnce(Statuses.unavailable(), stub -> stub.batchCheckRate(BATCH));
        assertSentOnce(Statuses.unavailable(), stub -> stub.refundRate(REFUND));
    }

    @Test
    void onlyUnavailableIsRetried() {
        assertSentOnce(Statuses.status(Code.INTERNAL), stub -> stub.resetRate(RESET));
        assertSentOnce(Statuses.status(Code.RESOURCE_EXHAUSTED), stub -> stub.resetRate(RESET));
        assertSentOnce(Statuses.status(Code.FAILED_PRECONDITION), stub -> stub.resetRate(RESET));
    }

    @Test
    void thirdAttemptIsTheLast() {
        server.failing(Statuses.unavailable(), 4);

        assertThatThrownBy(() -> client.rateLimits().resetRate(RESET)).isInstanceOf(StatusRuntimeException.class);
        assertThat(server.calls).hasValue(3);
    }

    @Test
    void retryWaitsForTheDelayOfTheServer() {
        server.failing(Statuses.redisUnavailable(Duration.ofMillis(400)), 1);
        long start = System.nanoTime();

        client.rateLimits().resetRate(RESET);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(400));
    }

    @Test
    void retryPastTheDeadlineIsSkipped() {
        server.failing(Statuses.redisUnavailable(Duration.ofSeconds(5)), 1);
        RateLimitServiceBlockingStub hurried = client.rateLimits().withDeadlineAfter(Duration.ofSeconds(4));

        Throwable failure = catchThrowable(() -> hurried.resetRate(RESET));

        assertThat(Status.fromThrowable(failure).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(server.calls).hasValue(1);
    }

    @Test
    void futureCompletesAfterARetry() throws Exception {
        server.failing(Statuses.unavailable(), 2);

        ListenableFuture<ResetRateResponse> call = client.rateLimitsFuture().resetRate(RESET);

        assertThat(call.get(10, TimeUnit.SECONDS).getRemaining()).isEqualTo(5);
        assertThat(server.calls).hasValue(3);
    }

    @Test
    void callOnADyingServerIsRetriedOnAnother() throws Exception {
        try (FakeServer one = FakeServer.start().holding();
                FakeServer other = FakeServer.start().holding();
                StaticNames names = StaticNames.register(one.port(), other.port());
                EphemeralClient both = EphemeralClient.connect(names.target())) {
            ListenableFuture<CheckRateResponse> call =
                    both.rateLimitsFuture().withDeadlineAfter(LONG).checkRate(CHECK_WITH_REQUEST_ID);
            FakeServer dying = FakeServer.awaitFirst(one, other);
            FakeServer surviving = dying == one ? other : one;

            dying.die();
            surviving.awaitHeld().run();

            assertThat(call.get(10, TimeUnit.SECONDS).getAllowed()).isTrue();
        }
    }

    @Test
    void retriesStopWhileServersStayDown() {
        server.failing(Statuses.redisUnavailable(Duration.ZERO), 100);
        for (int i = 0; i < 30; i++) {
            assertThatThrownBy(() -> client.rateLimits().resetRate(RESET)).isInstanceOf(StatusRuntimeException.class);
        }

        // 16 calls are sent 3 times and one twice; after these 50 failures the other 13 are sent once.
        assertThat(server.calls).hasValue(63);
    }

    private void assertSentOnce(StatusRuntimeException failure, Consumer<RateLimitServiceBlockingStub> call) {
        int before = server.calls.get();
        server.failing(failure, 1);

        Throwable thrown = catchThrowable(() -> call.accept(client.rateLimits()));

        assertThat(Status.fromThrowable(thrown).getCode())
                .isEqualTo(failure.getStatus().getCode());
        assertThat(server.calls.get() - before).isEqualTo(1);
    }
}

package io.flowhub.ephemeral.client.internal.retry;

import static io.flowhub.ephemeral.client.fixture.FakeServer.RESET;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.ResetRateRequest;
import io.flowhub.ephemeral.v1.ResetRateResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Moments that a test with a real server cannot choose. */
@Tag("unit")
class RetryingCallTest {

    private final List<Status> outcomes = new ArrayList<>();
    private final List<Scheduled> scheduled = new ArrayList<>();
    private final FailingChannel channel = new FailingChannel();
    private final ClientCall<ResetRateRequest, ResetRateResponse> call = new RetryingCall<>(
            channel,
            RateLimitServiceGrpc.getResetRateMethod(),
            CallOptions.DEFAULT,
            new RetryThrottle(),
            (delay, task) -> scheduled.add(new Scheduled(delay, task)),
            new SplittableRandom());

    private record Scheduled(Duration delay, Runnable task) {}

    RetryingCallTest() {
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        outcomes.add(status);
                    }
                },
                new Metadata());
        call.request(2);
    }

    @Test
    void cancellationWhileWaitingForTheNextAttemptEndsTheCallAtOnce() {
        call.sendMessage(RESET);
        call.halfClose();
        assertThat(outcomes).isEmpty();

        call.cancel("enough", null);

        assertThat(outcomes).extracting(Status::getCode).containsExactly(Status.Code.CANCELLED);
        assertThat(channel.sent).isEqualTo(1);
    }

    @Test
    void attemptsWaitForTheDelayOfTheServerUpToAFifthLonger() {
        call.sendMessage(RESET);
        call.halfClose();
        scheduled.get(0).task().run();
        scheduled.get(1).task().run();

        assertThat(channel.sent).isEqualTo(3);
        assertThat(scheduled)
                .hasSize(2)
                .allMatch(retry -> retry.delay().compareTo(Duration.ofSeconds(9)) >= 0
                        && retry.delay().compareTo(Duration.ofMillis(10_800)) <= 0);
        assertThat(outcomes).extracting(Status::getCode).containsExactly(Status.Code.UNAVAILABLE);
    }

    @Test
    void callCancelledBeforeItsRequestIsNeverSent() {
        call.cancel("enough", null);

        assertThat(outcomes).extracting(Status::getCode).containsExactly(Status.Code.CANCELLED);
        assertThat(channel.sent).isZero();
    }

    /** Fails each call as soon as it is sent, on the sending thread. */
    private static final class FailingChannel extends Channel {

        private final StatusRuntimeException failure = Statuses.unavailable(Duration.ofSeconds(9));
        private int sent;

        @Override
        public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
            return new ClientCall<>() {
                private Listener<A> listener = new Listener<>() {};

                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    this.listener = listener;
                }

                @Override
                public void request(int messages) {}

                @Override
                public void sendMessage(Q request) {
                    sent++;
                }

                @Override
                public void halfClose() {
                    close(failure.getStatus(), failure.getTrailers());
                }

                @Override
                public void cancel(@Nullable String message, @Nullable Throwable cause) {
                    close(Status.CANCELLED.withDescription(message), new Metadata());
                }

                private void close(Status status, Metadata trailers) {
                    listener.onClose(status, trailers);
                    listener = new Listener<>() {};
                }
            };
        }

        @Override
        public String authority() {
            return "ephemeral";
        }
    }
}

package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.SampleRequests.CHECK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("contract")
@Tag("quick")
@Timeout(60)
class EphemeralErrorsTest {

    @Test
    void failedCallHasReasonMetadataAndRetryDelay() throws Exception {
        ErrorInfo info = Statuses.info("ERROR_REASON_UNKNOWN_ACTION").toBuilder()
                .putMetadata("action", "logn_attempts")
                .build();

        Throwable unknown = failureOf(Statuses.status(Code.NOT_FOUND, info));
        Throwable unavailable = failureOf(Statuses.redisUnavailable(Duration.ofMillis(250)));

        assertThat(EphemeralErrors.reason(unknown)).contains(ErrorReason.ERROR_REASON_UNKNOWN_ACTION);
        assertThat(EphemeralErrors.metadata(unknown)).isEqualTo(Map.of("action", "logn_attempts"));
        assertThat(EphemeralErrors.retryDelay(unknown)).isEmpty();
        assertThat(EphemeralErrors.reason(unavailable)).contains(ErrorReason.ERROR_REASON_REDIS_UNAVAILABLE);
        assertThat(EphemeralErrors.retryDelay(unavailable)).contains(Duration.ofMillis(250));
    }

    @ParameterizedTest
    @EnumSource(names = "UNRECOGNIZED", mode = EnumSource.Mode.EXCLUDE)
    void everyPublishedReasonIsRead(ErrorReason reason) {
        assertThat(EphemeralErrors.reason(Statuses.status(Code.INTERNAL, Statuses.info(reason.name()))))
                .contains(reason);
    }

    @Test
    void reasonOfANewerServerIsUnrecognizedButHasItsName() {
        Throwable failure = Statuses.status(Code.ABORTED, Statuses.info("ERROR_REASON_FROM_THE_FUTURE"));

        assertThat(EphemeralErrors.reason(failure)).contains(ErrorReason.UNRECOGNIZED);
        assertThat(EphemeralErrors.reasonName(failure)).contains("ERROR_REASON_FROM_THE_FUTURE");
    }

    @Test
    void failedFutureHasItsReason() throws Exception {
        try (FakeServer server = FakeServer.start()
                        .failing(Statuses.status(Code.INTERNAL, Statuses.info("ERROR_REASON_INTERNAL")), 1);
                EphemeralClient client = server.client()) {
            Throwable failure = catchThrowable(
                    () -> client.rateLimitsFuture().checkRate(CHECK).get(10, TimeUnit.SECONDS));

            assertThat(EphemeralErrors.reason(failure)).contains(ErrorReason.ERROR_REASON_INTERNAL);
        }
    }

    @Test
    void failuresOfOtherOriginHaveNoReason() {
        ErrorInfo others = Statuses.info("ERROR_REASON_INTERNAL").toBuilder()
                .setDomain("proxy.example")
                .build();

        assertThat(EphemeralErrors.reason(Statuses.status(Code.INTERNAL, others)))
                .isEmpty();
        assertThat(EphemeralErrors.reason(Status.UNAVAILABLE.asRuntimeException()))
                .isEmpty();
        assertThat(EphemeralErrors.reason(new IllegalStateException("no call"))).isEmpty();
        assertThat(EphemeralErrors.metadata(new IllegalStateException("no call")))
                .isEmpty();
    }

    @Test
    void detailsThatCannotBeParsedAreIgnored() {
        Metadata trailers = new Metadata();
        trailers.put(
                Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER),
                "no protobuf".getBytes(StandardCharsets.UTF_8));
        Metadata otherCode = Statuses.status(Code.ABORTED, Statuses.info("ERROR_REASON_INTERNAL"))
                .getTrailers();

        assertThat(EphemeralErrors.reason(Status.INTERNAL.asRuntimeException(trailers)))
                .isEmpty();
        assertThat(EphemeralErrors.reason(Status.INTERNAL.asRuntimeException(otherCode)))
                .isEmpty();
    }

    private static Throwable failureOf(StatusRuntimeException sent) throws Exception {
        try (FakeServer server = FakeServer.start().failing(sent, 1);
                EphemeralClient client = server.client()) {
            return catchThrowable(() -> client.rateLimits().checkRate(CHECK));
        }
    }
}

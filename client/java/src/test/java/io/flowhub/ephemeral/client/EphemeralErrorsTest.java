package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.FakeServer.CHECK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.ErrorReason;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("quick")
class EphemeralErrorsTest extends WithFakeServer {

    @Test
    void failedCallAndFutureHaveReasonMetadataAndRetryDelay() {
        ErrorInfo info = Statuses.info("ERROR_REASON_UNKNOWN_ACTION").toBuilder()
                .putMetadata("action", "logn_attempts")
                .build();
        server.failing(Statuses.status(Code.NOT_FOUND, info), 1);
        server.failing(Statuses.unavailable(Duration.ofMillis(250)), 1);

        Throwable unknown = catchThrowable(() -> client.rateLimits().checkRate(CHECK));
        Throwable unavailable =
                catchThrowable(() -> client.rateLimitsFuture().checkRate(CHECK).get(10, TimeUnit.SECONDS));

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
    void failuresOfOtherOriginAndDetailsThatCannotBeParsedHaveNoReason() {
        ErrorInfo info = Statuses.info("ERROR_REASON_INTERNAL");
        Metadata otherCode = Statuses.status(Code.ABORTED, info).getTrailers();
        Metadata unparseable = new Metadata();
        unparseable.put(
                Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER),
                "no protobuf".getBytes(StandardCharsets.UTF_8));

        List<Throwable> failures = List.of(
                Statuses.status(
                        Code.INTERNAL,
                        info.toBuilder().setDomain("proxy.example").build()),
                Status.UNAVAILABLE.asRuntimeException(),
                new IllegalStateException("no call"),
                Status.INTERNAL.asRuntimeException(unparseable),
                Status.INTERNAL.asRuntimeException(otherCode));

        assertThat(failures).allSatisfy(failure -> {
            assertThat(EphemeralErrors.reason(failure)).isEmpty();
            assertThat(EphemeralErrors.metadata(failure)).isEmpty();
        });
    }
}

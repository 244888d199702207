package io.flowhub.ephemeral.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.GeneratedServices;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code client/service-config.json}, on a channel without the client's interceptors. */
@Tag("contract")
@Tag("quick")
@Timeout(60)
class ServiceConfigTest {

    private static final Path FILE = Path.of("../service-config.json");

    private final FakeServer server = FakeServer.start();
    private Map<String, Object> config = Map.of();
    private ManagedChannel channel;
    private RateLimitServiceBlockingStub stub;

    @BeforeEach
    void connect() throws IOException {
        config = map(new Gson().fromJson(Files.readString(FILE), Map.class));
        channel = Grpc.newChannelBuilder(server.target(), InsecureChannelCredentials.create())
                .defaultServiceConfig(config)
                .build();
        stub = RateLimitServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        server.close();
    }

    @Test
    void retriesExactlyTheMethodsThatAreSafeForEveryRequest() {
        Set<String> safe = RetrySafety.rules().stream()
                .filter(rule -> rule.condition().equals("yes"))
                .map(RetrySafety.Rule::rpc)
                .collect(Collectors.toSet());
        assertThat(safe).hasSizeGreaterThanOrEqualTo(16);

        assertThat(list(config, "methodConfig").stream()
                        .filter(method -> method.containsKey("retryPolicy"))
                        .flatMap(method -> list(method, "name").stream())
                        .map(name -> name.get("service") + "/" + name.get("method")))
                .containsExactlyInAnyOrderElementsOf(methods()
                        .filter(method -> safe.contains(method.getBareMethodName()))
                        .map(MethodDescriptor::getFullMethodName)
                        .toList());
    }

    @Test
    void contractStatesTheIdempotencyOfExactlyTheMethodsThatAreSafeForEveryRequest() {
        assertThat(methods().filter(method -> idempotency(method) != IdempotencyLevel.IDEMPOTENCY_UNKNOWN))
                .extracting(MethodDescriptor::getBareMethodName)
                .containsExactlyInAnyOrderElementsOf(RetrySafety.rules().stream()
                        .filter(rule -> rule.condition().equals("yes"))
                        .map(RetrySafety.Rule::rpc)
                        .toList());
    }

    @Test
    void resetIsRetriedUntilItSucceedsAndACheckIsSentOnce() {
        server.failing(Statuses.unavailable(), 2);
        assertThat(stub.resetRate(FakeServer.RESET).getRemaining()).isEqualTo(5);
        assertThat(server.calls).hasValue(3);

        server.failing(Statuses.unavailable(), 1);
        assertUnavailable(() -> stub.checkRate(FakeServer.CHECK));
        assertThat(server.calls).hasValue(4);
    }

    @Test
    void retryWaitsForTheDelayOfTheServer() {
        server.failing(pushback(Duration.ofMillis(400)), 1);

        long start = System.nanoTime();
        assertThat(stub.resetRate(FakeServer.RESET).getRemaining()).isEqualTo(5);

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(400));
    }

    /** As the Java client does: see {@code RetryTest}. */
    @Test
    void retriesStopAfter50Failures() {
        server.failing(pushback(Duration.ZERO), 100);
        for (int i = 0; i < 30; i++) {
            assertUnavailable(() -> stub.resetRate(FakeServer.RESET));
        }

        assertThat(server.calls).hasValue(63);
    }

    private static StatusRuntimeException pushback(Duration delay) {
        Metadata trailers = new Metadata();
        trailers.put(
                Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER),
                Long.toString(delay.toMillis()));
        return Status.UNAVAILABLE.asRuntimeException(trailers);
    }

    private static void assertUnavailable(Runnable call) {
        assertThatThrownBy(call::run)
                .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                .isEqualTo(Status.Code.UNAVAILABLE);
    }

    private static Stream<MethodDescriptor<?, ?>> methods() {
        return GeneratedServices.services().stream().flatMap(service -> service.getMethods().stream());
    }

    private static IdempotencyLevel idempotency(MethodDescriptor<?, ?> method) {
        return ((ProtoMethodDescriptorSupplier) Objects.requireNonNull(method.getSchemaDescriptor()))
                .getMethodDescriptor()
                .getOptions()
                .getIdempotencyLevel();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object json) {
        return (Map<String, Object>) json;
    }

    private static List<Map<String, Object>> list(Map<String, Object> json, String name) {
        return ((List<?>) Objects.requireNonNull(json.get(name)))
                .stream().map(ServiceConfigTest::map).toList();
    }
}

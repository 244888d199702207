package io.flowhub.ephemeral.server;

import static io.flowhub.ephemeral.server.fixture.Eventually.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.Scrape;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The metrics of calls. */
@Tag("contract")
class CallMetricsTest {

    private static final String CHECK_RATE =
            RateLimitServiceGrpc.getCheckRateMethod().getFullMethodName();
    private static final String HEALTH = HealthGrpc.getCheckMethod().getFullMethodName();

    private final int port = FreePorts.next();

    @AutoClose
    private final TestServer server = TestServer.shared(RpcCatalog.SETTINGS, "admin.port: " + port);

    private final String id = UniqueIds.next();

    @Test
    void callsAreCountedAndMeasuredByMethodAndStatus() {
        Scrape before = Scrape.of(port);
        CheckRateRequest request =
                CheckRateRequest.newBuilder().setUserId(id).setAction("a").build();
        IntStream.range(0, 3).forEach(i -> server.rateLimits().checkRate(request));
        assertThatThrownBy(() -> server.rateLimits().checkRate(CheckRateRequest.getDefaultInstance()))
                .isInstanceOf(StatusRuntimeException.class);
        HealthGrpc.newBlockingStub(server.channel()).check(HealthCheckRequest.getDefaultInstance());
        assertThatThrownBy(() -> callInvented("a.b.C/" + id)).hasMessageStartingWith("UNIMPLEMENTED");

        soon("the calls have ended", () -> Scrape.of(port).value(calls("other", Status.Code.UNIMPLEMENTED)) == 1);
        Scrape after = Scrape.of(port);
        assertThat(difference(before, after, calls(CHECK_RATE, Status.Code.OK))).isEqualTo(3);
        assertThat(difference(before, after, calls(CHECK_RATE, Status.Code.INVALID_ARGUMENT)))
                .isEqualTo(1);
        assertThat(difference(before, after, started(CHECK_RATE))).isEqualTo(4);
        assertThat(difference(before, after, started(HEALTH))).isEqualTo(1);
        assertThat(difference(before, after, calls(HEALTH, Status.Code.OK))).isEqualTo(1);
        assertThat(difference(before, after, started("other"))).isEqualTo(1);
        assertThat(difference(
                        before,
                        after,
                        "grpc_server_call_rcvd_total_compressed_message_size_bytes_total{grpc_method=\"" + CHECK_RATE
                                + "\"}"))
                .isBetween(3.0 * request.getSerializedSize(), 3.0 * request.getSerializedSize() + 4 * 5);
        assertThat(difference(
                        before,
                        after,
                        "grpc_server_call_sent_total_compressed_message_size_bytes_total{grpc_method=\"" + CHECK_RATE
                                + "\"}"))
                .isPositive();
        assertThat(difference(before, after, "ephemeral_errors_total{reason=\"ERROR_REASON_INVALID_FIELD\"}"))
                .isEqualTo(1);
        assertThat(after.text()).doesNotContain(id);
    }

    @Test
    void itemsThatFailAreCountedAsErrors() {
        String errors = "ephemeral_errors_total{reason=\"ERROR_REASON_INVALID_FIELD\"}";
        double before = Scrape.of(port).value(errors);
        Rpc heartbeats = RpcCatalog.rpc(
                PresenceServiceGrpc.getStreamHeartbeatsMethod(), "user_ids: ['$', '$:1', '$:2'] sequence: 1");
        try (OpenStream stream = new RpcCaller(server.channel()).open(heartbeats)) {
            stream.send(heartbeats.validRequest(id));
            soon("both are counted", () -> Scrape.of(port).value(errors) == before + 2);
        }
    }

    @Test
    void openStreamsCallsAndConnectionsAreGauges() {
        String streams = "ephemeral_streams{grpc_method=\""
                + PresenceServiceGrpc.getWatchPresenceMethod().getFullMethodName() + "\"}";
        assertThat(Scrape.of(port).values()).containsEntry(streams, 0.0);
        Rpc watch = RpcCatalog.streams().stream()
                .filter(rpc -> rpc.method() == PresenceServiceGrpc.getWatchPresenceMethod())
                .findFirst()
                .orElseThrow();
        try (OpenStream stream = new RpcCaller(server.channel()).open(watch)) {
            stream.send(watch.validRequest(id));
            soon("it is open", () -> Scrape.of(port).value(streams) == 1);
            Scrape open = Scrape.of(port);
            assertThat(open.value("ephemeral_calls_in_flight")).isEqualTo(1);
            assertThat(open.value("ephemeral_connections")).isEqualTo(1);
            assertThat(open.value("ephemeral_stream_memory_bytes"))
                    .isBetween(8_192.0, open.value("ephemeral_stream_memory_max_bytes"));
        }
        soon("it is closed", () -> Scrape.of(port).value(streams) == 0);
        soon("its memory is free", () -> Scrape.of(port).value("ephemeral_stream_memory_bytes") == 0);
    }

    private void callInvented(String name) {
        MethodDescriptor<CheckRateRequest, ?> method = RateLimitServiceGrpc.getCheckRateMethod().toBuilder()
                .setFullMethodName(name)
                .build();
        ClientCalls.blockingUnaryCall(
                server.channel(), method, CallOptions.DEFAULT, CheckRateRequest.getDefaultInstance());
    }

    private static String started(String method) {
        return "grpc_server_call_started_total{grpc_method=\"" + method + "\"}";
    }

    private static String calls(String method, Status.Code status) {
        return "grpc_server_call_duration_seconds_count{grpc_method=\"" + method + "\",grpc_status=\"" + status + "\"}";
    }

    private static double difference(Scrape before, Scrape after, String series) {
        return after.value(series) - before.value(series);
    }
}

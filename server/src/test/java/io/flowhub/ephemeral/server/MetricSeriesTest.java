package io.flowhub.ephemeral.server;

import static io.flowhub.ephemeral.server.fixture.Eventually.soon;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.Message;
import io.flowhub.ephemeral.server.RpcCaller.OpenStream;
import io.flowhub.ephemeral.server.RpcCatalog.Rpc;
import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.Scrape;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.IssueLoginTokenResponse;
import io.flowhub.ephemeral.v1.IssueOtpResponse;
import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a server exposes after it has served every RPC for many users. */
@Tag("contract")
class MetricSeriesTest {

    private static final int MAX_SERIES = 1_000;

    private static final Duration SOON = Duration.ofSeconds(60);

    /** In calls of their own, per RPC; as many as a frame of heartbeats may have are in each of the frames. */
    private static final int USERS_PER_RPC = 50;

    private static final int FRAMES = 10;
    private static final int USERS_PER_FRAME = 1_000;

    private static final Pattern LABEL_VALUE = Pattern.compile("=\"([^\"]*)\"");

    private final int port = FreePorts.next();

    @AutoClose
    private final TestServer server = TestServer.shared(RpcCatalog.SETTINGS, "admin.port: " + port);

    private final String prefix = UniqueIds.next();
    private final Set<String> secrets = new HashSet<>();

    @Test
    void seriesAreBoundedAndShowNoUserCodeOrToken() throws Exception {
        for (Rpc rpc : RpcCatalog.unary()) {
            callForManyUsers(rpc);
        }
        sendHeartbeatsOfTenThousandUsers();
        callStandardServicesAndInventedMethods();
        List<OpenStream> open = new ArrayList<>();
        for (Rpc rpc : RpcCatalog.streams()) {
            OpenStream stream = new RpcCaller(server.channel()).open(rpc);
            open.add(stream.send(rpc.validRequest(prefix)));
        }
        soon(
                "users and rooms are watched",
                () -> Scrape.of(port).value("ephemeral_watched_ids{feature=\"typing\"}") > 0);
        assertBoundedAndAnonymous();
        open.forEach(OpenStream::close);
        soon("the streams have ended", () -> Scrape.of(port).value("ephemeral_calls_in_flight") == 0);
        assertBoundedAndAnonymous();
    }

    private void callForManyUsers(Rpc rpc) throws Exception {
        List<ListenableFuture<Message>> responses = IntStream.range(0, USERS_PER_RPC)
                .mapToObj(i -> Futures.catching(
                        ClientCalls.futureUnaryCall(
                                server.channel().newCall(RpcCaller.method(rpc), CallOptions.DEFAULT),
                                rpc.validRequest(prefix + i)),
                        StatusRuntimeException.class,
                        e -> RpcCaller.emptyIfUnset(rpc, e),
                        MoreExecutors.directExecutor()))
                .toList();
        for (Message response : Futures.allAsList(responses).get(SOON.toSeconds(), TimeUnit.SECONDS)) {
            if (response instanceof IssueOtpResponse otp) {
                secrets.add(otp.getIssued().getCode());
                secrets.add(otp.getIssued().getChallengeId());
            } else if (response instanceof IssueLoginTokenResponse token) {
                secrets.add(token.getToken());
            }
        }
    }

    private void sendHeartbeatsOfTenThousandUsers() {
        StreamReader<StreamHeartbeatsRequest, StreamHeartbeatsResponse> frames =
                StreamReader.eager(PresenceServiceGrpc.newStub(server.channel())::streamHeartbeats);
        try (frames) {
            for (int frame = 0; frame < FRAMES; frame++) {
                int first = frame * USERS_PER_FRAME;
                frames.send(StreamHeartbeatsRequest.newBuilder()
                        .setSequence(frame)
                        .addAllUserIds(IntStream.range(first, first + USERS_PER_FRAME)
                                .mapToObj(i -> prefix + "-" + i)
                                .toList())
                        .build());
            }
            frames.await(SOON, "each frame is answered", responses -> responses.size() == FRAMES);
        }
    }

    private void callStandardServicesAndInventedMethods() throws Exception {
        var unused = HealthGrpc.newBlockingStub(server.channel()).check(HealthCheckRequest.getDefaultInstance());
        List<ListenableFuture<Message>> invented = new ArrayList<>();
        for (int i = 0; i < USERS_PER_RPC; i++) {
            Rpc rpc = RpcCatalog.unary().get(0);
            MethodDescriptor<Message, Message> method = RpcCaller.method(rpc).toBuilder()
                    .setFullMethodName("a.b.C/" + prefix + i)
                    .build();
            invented.add(ClientCalls.futureUnaryCall(
                    server.channel().newCall(method, CallOptions.DEFAULT), rpc.validRequest(prefix)));
        }
        assertThat(Futures.successfulAsList(invented).get(SOON.toSeconds(), TimeUnit.SECONDS))
                .as("no invented method gets a response")
                .hasSize(USERS_PER_RPC)
                .containsOnlyNulls();
        StreamReader<ServerReflectionRequest, ServerReflectionResponse> reflection =
                StreamReader.eager(ServerReflectionGrpc.newStub(server.channel())::serverReflectionInfo);
        try (reflection) {
            reflection.send(ServerReflectionRequest.newBuilder()
                    .setFileContainingSymbol(prefix)
                    .build());
            soon(
                    "it is counted",
                    () -> Scrape.of(port).text().contains("grpc_method=\"grpc.reflection.v1.ServerReflection/"));
        }
    }

    private void assertBoundedAndAnonymous() {
        Scrape scrape = Scrape.of(port);
        assertThat(scrape.values()).as("series").hasSizeLessThanOrEqualTo(MAX_SERIES);
        assertThat(scrape.text()).doesNotContain(prefix);
        Set<String> labelValues = new HashSet<>();
        LABEL_VALUE.matcher(scrape.text()).results().forEach(match -> labelValues.add(match.group(1)));
        assertThat(secrets).hasSizeGreaterThan(USERS_PER_RPC).doesNotContainAnyElementsOf(labelValues);
        assertThat(labelValues)
                .contains("flowhub.ephemeral.v1.OtpService/IssueOtp", "other")
                .doesNotContain("a", "f", "r", "123456", "A".repeat(43));
    }
}

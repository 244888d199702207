package io.flowhub.ephemeral.server;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.flowhub.ephemeral.server.config.ConfigBuilder;
import io.flowhub.ephemeral.server.config.Configuration;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StreamReader;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("contract")
class ServerTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private static final CheckRateRequest CHECK = CheckRateRequest.newBuilder()
            .setUserId("server-test")
            .setAction("api_hits")
            .setHits(0)
            .build();

    /** The catalog names each, so that each is covered by the suites over all RPCs. */
    @Test
    void reflectionListsTheServices() {
        Set<String> services = RpcCatalog.ALL.stream()
                .map(rpc -> rpc.method().getServiceName())
                .collect(toSet());
        services.addAll(Set.of(
                "grpc.health.v1.Health",
                "grpc.reflection.v1.ServerReflection",
                "grpc.reflection.v1alpha.ServerReflection"));
        try (TestServer server = TestServer.shared(RpcCatalog.SETTINGS);
                var reflection = reflection(server)) {
            assertThat(reflection
                            .awaitFirst(SOON, answer -> true)
                            .getListServicesResponse()
                            .getServiceList())
                    .extracting(ServiceResponse::getName)
                    .containsExactlyInAnyOrderElementsOf(services);
        }
    }

    /** So that grpcurl prints the reason of an error. */
    @Test
    void reflectionDescribesTheDetailsOfErrors() {
        try (TestServer server = TestServer.shared();
                var reflection = reflection(server)) {
            reflection.send(ServerReflectionRequest.newBuilder()
                    .setFileContainingSymbol("google.rpc.ErrorInfo")
                    .build());

            assertThat(reflection
                            .awaitFirst(SOON, ServerReflectionResponse::hasFileDescriptorResponse)
                            .getFileDescriptorResponse()
                            .getFileDescriptorProtoList())
                    .anySatisfy(file -> assertThat(file.toStringUtf8()).contains("google/rpc/error_details.proto"));
        }
    }

    @Test
    void reflectionCanBeTurnedOff() throws Exception {
        try (TestServer server = TestServer.shared("server.reflection: false")) {
            assertThat(Status.fromThrowable(catchThrowable(reflection(server)::awaitEnd))
                            .getCode())
                    .isEqualTo(Code.UNIMPLEMENTED);
        }
    }

    @Test
    void unknownHealthNameIsNotFound() throws Exception {
        try (TestServer server = TestServer.shared()) {
            assertThatThrownBy(() -> checkHealth(server.channel(), "unknown"))
                    .isInstanceOf(StatusRuntimeException.class)
                    .extracting(e -> Status.fromThrowable(e).getCode())
                    .isEqualTo(Code.NOT_FOUND);
        }
    }

    @Test
    void shutdownLetsRunningCallsFinish() throws Exception {
        try (RedisProcess redis = RedisProcess.start();
                ServerProcess server = ServerProcess.start(
                        "redis.url: " + redis.url() + "\nredis.timeout: 500ms\nserver.drain_timeout: 5s")) {
            assertThat(server.rateLimits().checkRate(CHECK).getLimit()).isEqualTo(100);
            redis.freeze();
            var call = RateLimitServiceGrpc.newFutureStub(server.channel())
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .checkRate(CHECK);
            // Calls of one connection are taken in order, so once this one is answered the first is under way.
            checkHealth(server.channel(), "");
            server.handle().destroy();
            redis.thaw();
            assertThat(call.get(10, TimeUnit.SECONDS).getLimit()).isEqualTo(100);
            Eventually.soon("the process ends", () -> !server.handle().isAlive());
        }
    }

    @Test
    void embeddedRedisEndsWithAKilledServer() throws Exception {
        try (ServerProcess server = ServerProcess.start("server.reflection: false")) {
            assertThat(server.rateLimits().checkRate(CHECK).getLimit()).isEqualTo(100);
            List<ProcessHandle> children = server.handle().descendants().toList();
            assertThat(children).isNotEmpty();
            server.kill();
            Eventually.soon("the process ends", () -> children.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void startLogsTheServicesAndTheRedis() throws Exception {
        try (ServerProcess server = ServerProcess.start("redis.url: redis://:verysecret@127.0.0.1:1")) {
            assertThat(server.log())
                    .containsPattern("Serving .*\\b" + RateLimitServiceGrpc.SERVICE_NAME + "\\b.* on 127\\.0\\.0\\.1:")
                    .contains("state in single Redis at redis://127.0.0.1:1 (Redis is not available yet)")
                    .doesNotContain("verysecret");
        }
    }

    @Test
    void takenPortLeavesNoThreadAndNoProcessRunning() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Configuration configuration = ConfigBuilder.option("--port", Integer.toString(taken.getLocalPort()))
                    .load();
            assertNothingStaysRunning(configuration, IOException.class);
        }
    }

    @Test
    void exceptionAndErrorAtTheStartLeaveNothingRunning() throws Exception {
        Configuration configuration = ConfigBuilder.option("--port", "0").load();
        assertNothingStaysRunning(configuration, IllegalStateException.class, () -> {
            throw new IllegalStateException("planted");
        });
        assertNothingStaysRunning(configuration, NoClassDefFoundError.class, () -> {
            throw new NoClassDefFoundError("planted");
        });
    }

    private static void checkHealth(Channel channel, String service) {
        var unused = HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .check(HealthCheckRequest.newBuilder().setService(service).build());
    }

    /** Requests the list of services. */
    private static StreamReader<ServerReflectionRequest, ServerReflectionResponse> reflection(TestServer server) {
        return StreamReader.eager(ServerReflectionGrpc.newStub(server.channel())::serverReflectionInfo)
                .send(ServerReflectionRequest.newBuilder().setListServices("*").build());
    }

    private static void assertNothingStaysRunning(
            Configuration configuration, Class<? extends Throwable> failure, BindableService... additionalServices)
            throws Exception {
        Set<Object> before = running();

        assertThatThrownBy(() -> Server.start(configuration, additionalServices))
                .isInstanceOf(failure);

        Eventually.soon("all started threads and processes have ended", () -> before.containsAll(running()));
    }

    /** The threads of servers, and the processes. */
    private static Set<Object> running() {
        Stream<Thread> threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("(grpc-loop|redis|presence|typing|broadcast|budget).*"));
        return Stream.concat(threads, ProcessHandle.current().descendants()).collect(toSet());
    }
}

package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("contract")
class ServerTest {

    private static final CheckRateRequest CHECK = CheckRateRequest.newBuilder()
            .setUserId("server-test")
            .setAction("api_hits")
            .setHits(0)
            .build();

    @Test
    void reflectionListsTheServices() throws Exception {
        try (TestServer server = TestServer.on(TestRedis.url())) {
            assertThat(reflectedServices(server))
                    .contains(
                            RateLimitServiceGrpc.SERVICE_NAME,
                            "grpc.health.v1.Health",
                            "grpc.reflection.v1alpha.ServerReflection");
        }
    }

    @Test
    void reflectionCanBeTurnedOff() throws Exception {
        try (TestServer server = TestServer.on(TestRedis.url(), "server.reflection: false")) {
            assertThat(catchThrowableOfType(Exception.class, () -> reflectedServices(server)))
                    .hasRootCauseInstanceOf(StatusRuntimeException.class)
                    .hasMessageContaining("UNIMPLEMENTED");
        }
    }

    @Test
    void unknownHealthNameIsNotFound() throws Exception {
        try (TestServer server = TestServer.on(TestRedis.url())) {
            var health = HealthGrpc.newBlockingStub(server.channel()).withDeadlineAfter(5, TimeUnit.SECONDS);
            StatusRuntimeException e = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> health.check(HealthCheckRequest.newBuilder()
                            .setService("unknown")
                            .build()));
            assertThat(e.getStatus().getCode()).isEqualTo(Code.NOT_FOUND);
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
            HealthGrpc.newBlockingStub(server.channel())
                    .withDeadlineAfter(5, TimeUnit.SECONDS)
                    .check(HealthCheckRequest.getDefaultInstance());
            server.handle().destroy();
            redis.thaw();
            assertThat(call.get(10, TimeUnit.SECONDS).getLimit()).isEqualTo(100);
            Eventually.within(
                    Duration.ofSeconds(10),
                    "the process ends",
                    () -> !server.handle().isAlive());
        }
    }

    @Test
    void embeddedRedisEndsWithAKilledServer() throws Exception {
        try (ServerProcess server = ServerProcess.start("server.reflection: false")) {
            assertThat(server.rateLimits().checkRate(CHECK).getLimit()).isEqualTo(100);
            List<ProcessHandle> children = server.handle().descendants().toList();
            assertThat(children).isNotEmpty();
            server.kill();
            Eventually.within(
                    Duration.ofSeconds(10),
                    "the process ends",
                    () -> children.stream().noneMatch(ProcessHandle::isAlive));
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

    static List<String> reflectedServices(TestServer server) throws Exception {
        CompletableFuture<List<String>> names = new CompletableFuture<>();
        StreamObserver<ServerReflectionRequest> questions = ServerReflectionGrpc.newStub(server.channel())
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .serverReflectionInfo(new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse answer) {
                        names.complete(answer.getListServicesResponse().getServiceList().stream()
                                .map(io.grpc.reflection.v1.ServiceResponse::getName)
                                .toList());
                    }

                    @Override
                    public void onError(Throwable failure) {
                        names.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {}
                });
        questions.onNext(
                ServerReflectionRequest.newBuilder().setListServices("*").build());
        questions.onCompleted();
        return names.get(10, TimeUnit.SECONDS);
    }
}

package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.error.CancelledException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.redis.Probe.Answer;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc.BudgetServiceImplBase;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A unary handler's operation takes part in the cancellation of its gRPC call, over a real connection. */
class CallCancellationTest {

    private static final Duration SOON = Duration.ofSeconds(5);

    private final CompletableFuture<Context> handled = new CompletableFuture<>();
    private final CompletableFuture<CompletableFuture<Answer>> cancellable = new CompletableFuture<>();
    private final CompletableFuture<CompletableFuture<Answer>> uncancellable = new CompletableFuture<>();

    private RedisProcess process;
    private Door redis;
    private Server server;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        process = RedisProcess.start();
        redis = Door.open(
                "redis.url: " + process.url(), "redis.max_scripts_in_flight: 1", "redis.max_calls_per_script: 1");
        Probe.add(redis.redis(), "warm-up", "text").get(5, TimeUnit.SECONDS);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .addService(new Handler())
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void stop() throws Exception {
        channel.shutdownNow();
        server.shutdownNow();
        process.thaw();
        redis.close();
        process.close();
    }

    @Test
    void cancelledCallNeverRuns() throws Exception {
        process.freeze();
        CompletableFuture<Answer> ahead = Probe.add(redis.redis(), "ahead", "text");
        Future<GetBudgetResponse> call =
                BudgetServiceGrpc.newFutureStub(channel).getBudget(GetBudgetRequest.getDefaultInstance());
        Context context = handled.get(5, TimeUnit.SECONDS);
        call.cancel(true);
        Eventually.within(SOON, context::isCancelled);
        process.thaw();

        ahead.get(5, TimeUnit.SECONDS);
        assertOnlyTheUncancellableCallRan();
    }

    @Test
    void callWhoseDeadlinePassedNeverRuns() throws Exception {
        process.freeze();
        CompletableFuture<Answer> ahead = Probe.add(redis.redis(), "ahead", "text");
        var unused = BudgetServiceGrpc.newFutureStub(channel)
                .withDeadlineAfter(100, TimeUnit.MILLISECONDS)
                .getBudget(GetBudgetRequest.getDefaultInstance());
        Context context = handled.get(5, TimeUnit.SECONDS);
        Eventually.within(SOON, () -> context.getDeadline().isExpired());
        process.thaw();

        ahead.get(5, TimeUnit.SECONDS);
        assertOnlyTheUncancellableCallRan();
    }

    private void assertOnlyTheUncancellableCallRan() throws Exception {
        CompletableFuture<Answer> dropped = cancellable.get(5, TimeUnit.SECONDS);
        assertThatThrownBy(() -> dropped.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(CancelledException.class);
        assertThat(uncancellable
                        .get(5, TimeUnit.SECONDS)
                        .get(5, TimeUnit.SECONDS)
                        .text())
                .isEqualTo("uncancellable=text");
        try (Jedis jedis = process.jedis()) {
            assertThat(jedis.exists("cancellable")).isFalse();
            assertThat(jedis.exists("uncancellable")).isTrue();
        }
    }

    private final class Handler extends BudgetServiceImplBase {

        @Override
        public void getBudget(GetBudgetRequest request, StreamObserver<GetBudgetResponse> observer) {
            ((ServerCallStreamObserver<GetBudgetResponse>) observer).setOnCancelHandler(() -> {});
            cancellable.complete(redis.redis().call(Probe.operation("cancellable", "text")));
            uncancellable.complete(redis.redis().callUncancellable(Probe.operation("uncancellable", "text")));
            handled.complete(Context.current());
        }
    }
}

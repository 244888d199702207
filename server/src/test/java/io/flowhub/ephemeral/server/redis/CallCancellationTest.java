package io.flowhub.ephemeral.server.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.error.CancelledException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.LoopbackService;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc.BudgetServiceFutureStub;
import io.flowhub.ephemeral.v1.BudgetServiceGrpc.BudgetServiceImplBase;
import io.flowhub.ephemeral.v1.GetBudgetRequest;
import io.flowhub.ephemeral.v1.GetBudgetResponse;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An operation of a unary handler ends with its gRPC call, over a real connection. The replies of Redis are the test's. */
@Tag("contract")
class CallCancellationTest {

    @AutoClose("shutdownNow")
    private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();

    private final List<CompletableFuture<Boolean>> sent = new CopyOnWriteArrayList<>();
    private final List<String> keysSent = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Context> handled = new CompletableFuture<>();
    private final CompletableFuture<CompletableFuture<Boolean>> cancellable = new CompletableFuture<>();

    private final ScriptExecutor scripts = new ScriptExecutor(
            TestRedisClient.settings("redis.max_scripts_in_flight: 1", "redis.url: redis://127.0.0.1:1"),
            loop,
            Ticker.disabledTicker(),
            key -> "master",
            QueueMemory.ofHeap(),
            (script, calls, queued, roundTrip) -> {
                calls.forEach(call -> keysSent.add(call.operation().keys().get(0)));
                CompletableFuture<Boolean> reply = new CompletableFuture<>();
                sent.add(reply);
                return reply;
            });

    @AutoClose
    private final LoopbackService service = LoopbackService.serve(new Handler());

    private final BudgetServiceFutureStub stub = BudgetServiceGrpc.newFutureStub(service.channel());

    @BeforeEach
    void fillTheWindow() {
        var unused = submit("ahead", Cancellation.NEVER); // what follows is queued until its reply
        Eventually.soon("the operation of ahead is sent", () -> keysSent.contains("ahead"));
    }

    @Test
    void callThatWaitsIsSent() throws Exception {
        var unused = stub.getBudget(GetBudgetRequest.getDefaultInstance());
        handled.get(10, TimeUnit.SECONDS);
        sent.get(0).complete(true);
        Eventually.soon("2 operations are sent", () -> sent.size() == 2);

        assertThat(keysSent).containsExactly("ahead", "cancellable", "uncancellable");
    }

    @Test
    void cancelledCallIsNeverSent() throws Exception {
        Future<GetBudgetResponse> call = stub.getBudget(GetBudgetRequest.getDefaultInstance());
        Context context = handled.get(10, TimeUnit.SECONDS);
        call.cancel(true);
        Eventually.soon("the context is cancelled", context::isCancelled);

        assertOnlyTheUncancellableCallIsSent();
    }

    @Test
    void callWhoseDeadlinePassedIsNeverSent() throws Exception {
        var unused = stub.withDeadlineAfter(2, TimeUnit.SECONDS).getBudget(GetBudgetRequest.getDefaultInstance());
        Context context = handled.get(10, TimeUnit.SECONDS);
        Eventually.soon(
                "the deadline has passed",
                () -> requireNonNull(context.getDeadline()).isExpired());

        assertOnlyTheUncancellableCallIsSent();
    }

    @Test
    void callOutsideOfAGrpcCallIsNotCancelled() {
        assertThat(Cancellation.ofCurrentCall()).isSameAs(Cancellation.NEVER);
    }

    private void assertOnlyTheUncancellableCallIsSent() throws Exception {
        sent.get(0).complete(true);
        Eventually.soon("2 operations are sent", () -> sent.size() == 2);
        CompletableFuture<Boolean> dropped = cancellable.get(10, TimeUnit.SECONDS);

        assertThat(keysSent).containsExactly("ahead", "uncancellable");
        assertThatThrownBy(() -> dropped.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(CancelledException.class);
    }

    private CompletableFuture<Boolean> submit(String key, BooleanSupplier cancellation) {
        return scripts.submit(
                new Operation<>(Probe.SCRIPT, List.of(key), List.of("1", "text"), reply -> true), cancellation);
    }

    private final class Handler extends BudgetServiceImplBase {

        @Override
        public void getBudget(GetBudgetRequest request, StreamObserver<GetBudgetResponse> observer) {
            ((ServerCallStreamObserver<GetBudgetResponse>) observer).setOnCancelHandler(() -> {});
            cancellable.complete(submit("cancellable", Cancellation.ofCurrentCall()));
            var unused = submit("uncancellable", Cancellation.NEVER);
            handled.complete(Context.current());
        }
    }
}

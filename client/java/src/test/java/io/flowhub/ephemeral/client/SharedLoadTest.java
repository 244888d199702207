package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.GatedLoader;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Deadline;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Concurrent reads of one id, in one process and in two. */
@Tag("quick")
class SharedLoadTest extends WithFakeServer {

    @AutoClose("shutdownNow")
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AutoClose
    private final EphemeralClient otherProcess =
            FakeServer.patientClient(server.target()).build();

    private final ReadThrough users = client.users();

    @Test
    void hundredMissesInTwoProcessesCauseOneLoad() throws Exception {
        GatedLoader loader = GatedLoader.of(JSON).holding();
        CountDownLatch asked = new CountDownLatch(100);
        List<Future<Optional<String>>> callers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            ReadThrough through = i % 2 == 0 ? users : otherProcess.users();
            callers.add(threads.submit(() -> {
                asked.countDown();
                return through.get("42", loader);
            }));
        }
        assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
        loader.awaitLoads(1);
        loader.release();

        for (Future<Optional<String>> caller : callers) {
            assertThat(caller.get(20, TimeUnit.SECONDS)).contains(JSON);
        }
        assertThat(loader.loads).hasValue(1);
        assertThat(server.cache.puts).hasSize(1);
    }

    @Test
    void cancellationAndInterruptionOfCallersKeepTheLoadOfTheOthers() throws Exception {
        GatedLoader loader = GatedLoader.of(JSON).holding();
        CancellableContext call = Context.ROOT.withCancellation();
        Future<Optional<String>> cancelled = threads.submit(call.wrap(() -> users.get("42", loader)));
        loader.awaitLoads(1);
        CompletableFuture<Optional<String>> future = users.getAsync("42", loader);
        Future<Optional<String>> interrupted = threads.submit(() -> users.get("42", loader));
        Future<Optional<String>> other = threads.submit(() -> users.get("42", loader));

        call.cancel(new IllegalStateException("the caller ended"));
        future.cancel(true);
        interrupted.cancel(true);

        assertFails(Status.Code.CANCELLED, () -> cancelled.get(10, TimeUnit.SECONDS));
        assertThat(other.isDone()).isFalse();
        loader.release();
        assertThat(other.get(10, TimeUnit.SECONDS)).contains(JSON);
        assertThat(loader.loads).hasValue(1);
        Await.until("a put", () -> server.cache.holds("42"));
    }

    @Test
    void cancellationOfTheFirstCallerKeepsTheLookupOfTheOthers() throws Exception {
        server.cache.holdsGets = true;
        GatedLoader loader = GatedLoader.of(JSON);
        CancellableContext firstCall = Context.ROOT.withCancellation();
        Future<Optional<String>> first = threads.submit(firstCall.wrap(() -> users.get("42", loader)));
        Await.until("a get", () -> !server.cache.heldGets.isEmpty());
        CompletableFuture<Optional<String>> second = users.getAsync("42", loader);

        firstCall.cancel(null);
        assertThatThrownBy(() -> first.get(10, TimeUnit.SECONDS)).isNotNull();
        server.cache.heldGets.take().run();

        assertThat(second.get(10, TimeUnit.SECONDS)).contains(JSON);
        Await.until("a put", () -> server.cache.holds("42"));
    }

    @Test
    void loaderRunsInItsOwnContext() throws Exception {
        Context.Key<String> key = Context.key("trace");
        CompletableFuture<Context> seen = new CompletableFuture<>();
        Context caller = Context.ROOT.withValue(key, "caller's");

        caller.call(() -> users.get("42", id -> {
            seen.complete(Context.current());
            return Optional.of(JSON);
        }));

        Context loaders = seen.join();
        Deadline deadline = loaders.getDeadline();
        assertThat(deadline).isNotNull();
        assertThat(deadline.timeRemaining(TimeUnit.SECONDS)).isBetween(10L, 20L);
        assertThat(key.get(loaders)).isNull();
        assertThat(loaders.isCancelled()).as("cancelled after the load").isTrue();
    }

    @Test
    void allCallersReceiveTheExceptionOfTheLoader() throws Exception {
        GatedLoader gate = GatedLoader.of(JSON).holding();
        List<CompletableFuture<Optional<String>>> callers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            callers.add(users.getAsync("42", gate.failing()));
        }
        gate.awaitLoads(1);
        callers.add(users.getAsync("42", gate.failing()));
        gate.release();

        assertThat(callers)
                .allSatisfy(caller -> assertThatThrownBy(() -> caller.get(10, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(LoadException.class)
                        .hasRootCauseMessage("no database"));
        assertThat(gate.loads).hasValue(1);
        assertThat(server.cache.puts).isEmpty();
    }

    @Test
    void readAfterAnEvictionReturnsNothingLoadedBeforeIt() throws Exception {
        GatedLoader old = GatedLoader.of("{\"name\":\"old\"}").holding();
        CompletableFuture<Optional<String>> before = users.getAsync("42", old);
        old.awaitLoads(1);

        users.evict("42");
        assertThat(users.get("42", GatedLoader.of(JSON))).contains(JSON);
        Await.until("a put", () -> server.cache.holds("42"));
        old.release();

        assertThat(before.get(10, TimeUnit.SECONDS)).contains("{\"name\":\"old\"}");
        Await.until("a rejected put", () -> server.cache.rejectedPuts.get() == 1);
        assertThat(users.get("42", GatedLoader.ofNothing())).contains(JSON);
    }
}

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
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Concurrent reads of one id, in one process and in two. */
@Tag("contract")
@Tag("quick")
@Timeout(60)
class SharedLoadTest {

    private static final String JSON = "{\"name\":\"Ann\"}";

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private FakeServer server;
    private EphemeralClient client;
    private EphemeralClient otherProcess;
    private ReadThrough users;

    @BeforeEach
    void start() throws IOException {
        server = FakeServer.start();
        client = clientWithLongWaits();
        otherProcess = clientWithLongWaits();
        users = client.users();
    }

    private EphemeralClient clientWithLongWaits() {
        return EphemeralClient.builder(server.target())
                .plaintext()
                .deadline(Duration.ofSeconds(20))
                .maxCacheWait(Duration.ofSeconds(20))
                .loadDeadline(Duration.ofSeconds(20))
                .build();
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        client.close();
        otherProcess.close();
        server.close();
    }

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
    void cancellationOfTheFirstCallerKeepsTheLoadOfTheOthers() throws Exception {
        GatedLoader loader = GatedLoader.of(JSON).holding();
        CancellableContext firstCall = Context.ROOT.withCancellation();
        Future<Optional<String>> first = threads.submit(firstCall.wrap(() -> users.get("42", loader)));
        loader.awaitLoads(1);
        Future<Optional<String>> second = threads.submit(() -> users.get("42", loader));

        firstCall.cancel(new IllegalStateException("the caller ended"));

        assertThatThrownBy(() -> first.get(10, TimeUnit.SECONDS))
                .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                .isEqualTo(Status.Code.CANCELLED);
        assertThat(second.isDone()).isFalse();
        loader.release();
        assertThat(second.get(10, TimeUnit.SECONDS)).contains(JSON);
        assertThat(loader.loads).hasValue(1);
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
    void cancelledFutureAndInterruptedThreadKeepTheLoadOfTheOthers() throws Exception {
        GatedLoader loader = GatedLoader.of(JSON).holding();
        CompletableFuture<Optional<String>> first = users.getAsync("42", loader);
        loader.awaitLoads(1);
        Future<Optional<String>> second = threads.submit(() -> users.get("42", loader));
        CompletableFuture<Optional<String>> third = users.getAsync("42", loader);

        first.cancel(true);
        second.cancel(true);
        loader.release();

        assertThat(third.get(10, TimeUnit.SECONDS)).contains(JSON);
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
        Loader fails = id -> {
            var unused = gate.load(id);
            throw new IOException("no database");
        };
        List<CompletableFuture<Optional<String>>> callers = new ArrayList<>();
        callers.add(users.getAsync("42", fails));
        gate.awaitLoads(1);
        for (int i = 0; i < 20; i++) {
            callers.add(users.getAsync("42", fails));
        }
        gate.release();

        for (CompletableFuture<Optional<String>> caller : callers) {
            assertThatThrownBy(() -> caller.get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(LoadException.class)
                    .hasRootCauseMessage("no database");
        }
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

    @Test
    void waitingReaderReceivesTheValueOfTheOtherProcess() throws Exception {
        server.cache.leaseToAnotherProcess("42");
        GatedLoader loader = GatedLoader.of("{\"name\":\"not needed\"}");
        CompletableFuture<Optional<String>> waiter = users.getAsync("42", loader);
        Await.until("3 gets", () -> server.cache.gets.get() >= 3);
        assertThat(waiter).isNotDone();

        server.cache.put("42", JSON);

        assertThat(waiter.get(10, TimeUnit.SECONDS)).contains(JSON);
        assertThat(loader.loads).hasValue(0);
    }
}

package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.Code;
import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.GatedLoader;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.flowhub.ephemeral.client.fixture.ThreadAssert;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reads while the cache fails, is silent, or is leased elsewhere. */
@Tag("contract")
@Timeout(60)
class CacheUnavailableTest {

    private static final String JSON = "{\"name\":\"Ann\"}";

    @Test
    void readLoadsAfterTheMaximumWaitAndPutsNothing() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = plaintext(server).build()) {
            warm(client);
            int before = server.cache.gets.get();
            server.cache.leaseToAnotherProcess("42");
            GatedLoader loader = GatedLoader.of(JSON);
            long start = System.nanoTime();

            assertThat(client.users().get("42", loader)).contains(JSON);

            assertThat(since(start)).isBetween(Duration.ofMillis(190), Duration.ofSeconds(5));
            assertThat(loader.loads).hasValue(1);
            assertThat(server.cache.puts).hasSize(1); // Of warm().
            assertThat(server.cache.gets.get() - before)
                    .as("after 0, 10, 30, 70 and 150 ms")
                    .isBetween(1, 5);
        }
    }

    @Test
    void readWaitsForAtMostHalfOfTheCallersDeadline() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client =
                        plaintext(server).maxCacheWait(Duration.ofMinutes(1)).build()) {
            server.cache.leaseToAnotherProcess("42");
            GatedLoader loader = GatedLoader.of(JSON);
            CompletableFuture<Optional<String>> patient = client.users().getAsync("42", loader);

            Optional<String> hurried =
                    within(Duration.ofSeconds(4), () -> client.users().get("42", loader));

            assertThat(hurried).contains(JSON);
            assertThat(patient.get(1, TimeUnit.SECONDS)).contains(JSON);
            assertThat(loader.loads).hasValue(1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "INTERNAL", "UNIMPLEMENTED"})
    void failingCacheIsAskedOnceAndTheValueLoaded(Code code) throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client =
                        plaintext(server).maxCacheWait(Duration.ofSeconds(20)).build()) {
            server.cache.failure = Statuses.status(code);
            GatedLoader loader = GatedLoader.of(JSON);

            assertThat(client.users().get("42", loader)).contains(JSON);

            assertThat(server.cache.gets).hasValue(1);
            assertThat(loader.loads).hasValue(1);
        }
    }

    @Test
    void silentOrStoppedServerCostsAtMostTheMaximumWait() throws Exception {
        FakeServer server = FakeServer.start();
        try (EphemeralClient client = plaintext(server).build()) {
            server.cache.isSilent = true;
            long start = System.nanoTime();
            assertThat(client.users().get("42", GatedLoader.of(JSON))).contains(JSON);
            assertThat(since(start)).isBetween(Duration.ofMillis(190), Duration.ofSeconds(5));

            server.close();
            assertThat(client.users().get("42", GatedLoader.of(JSON))).contains(JSON);
        }
    }

    @Test
    void loadsAreBoundedWhileTheCacheIsUnavailable() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = plaintext(server)
                        .maxCacheWait(Duration.ofSeconds(20))
                        .maxLoads(3)
                        .build()) {
            server.cache.failure = Statuses.unavailable();
            GatedLoader loader = GatedLoader.of(JSON).holding();
            List<CompletableFuture<Optional<String>>> callers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                callers.add(client.users().getAsync("id-" + i, loader));
            }
            loader.awaitLoads(3);
            Await.until("50 gets", () -> server.cache.gets.get() == 50);
            loader.release();

            for (CompletableFuture<Optional<String>> caller : callers) {
                assertThat(caller.get(20, TimeUnit.SECONDS)).contains(JSON);
            }
            assertThat(loader.loads).hasValue(50);
            assertThat(loader.mostAtOnce).hasValue(3);
        }
    }

    @Test
    void rejectedAndSlowLoadsHaveDifferentCauses() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = plaintext(server)
                        .maxLoads(1)
                        .loadDeadline(Duration.ofMillis(500))
                        .build()) {
            GatedLoader loader = GatedLoader.of(JSON).holding();
            CompletableFuture<Optional<String>> slow = client.users().getAsync("1", loader);
            loader.awaitLoads(1);

            assertThatThrownBy(() -> client.users().get("2", loader))
                    .isInstanceOf(LoadException.class)
                    .hasMessage("Too many loads")
                    .hasCauseInstanceOf(RejectedExecutionException.class)
                    .hasRootCauseMessage("1 loads at a time, 500 ms for each including the wait for a thread");
            assertThatThrownBy(() -> slow.get(10, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(LoadException.class)
                    .hasMessage("The loader took too long")
                    .hasCauseInstanceOf(TimeoutException.class);
            assertThat(client.products().get("1", GatedLoader.of(JSON)))
                    .as("loads of users do not delay products")
                    .contains(JSON);

            loader.release();
            Await.until(
                    "a free place",
                    () -> client.users().get("3", GatedLoader.of(JSON)).isPresent());
            assertThat(loader.loads).as("a rejected load does not run later").hasValue(1);
        }
    }

    @Test
    void closedClientLoadsNothingAndCompletesAllReads() throws Exception {
        try (FakeServer server = FakeServer.start()) {
            EphemeralClient client = plaintext(server)
                    .deadline(Duration.ofMillis(300))
                    .maxCacheWait(Duration.ofSeconds(20))
                    .maxLoads(1)
                    .loadDeadline(Duration.ofMinutes(1))
                    .build();
            server.cache.failure = Statuses.unavailable();
            GatedLoader loader = GatedLoader.of(JSON).holding();
            CompletableFuture<Optional<String>> running = client.users().getAsync("1", loader);
            loader.awaitLoads(1);
            CompletableFuture<Optional<String>> waiting = client.users().getAsync("2", loader);
            Await.until("2 gets", () -> server.cache.gets.get() == 2);

            client.close();

            for (CompletableFuture<Optional<String>> caller : List.of(running, waiting)) {
                assertThatThrownBy(() -> caller.get(10, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(LoadException.class);
            }
            assertThatThrownBy(() -> client.users().get("3", loader))
                    .isInstanceOf(LoadException.class)
                    .hasRootCauseMessage("the client is closed");
            ThreadAssert.awaitNoneNamed("ephemeral-user-load");
        }
    }

    @Test
    void settingsOutOfRangeAreRejected() {
        EphemeralClientBuilder builder = EphemeralClient.builder("localhost:9090");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.maxLoads(0))
                .withMessage("maxLoads: 0 (expected: 1 to 1000)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.maxCacheWait(Duration.ZERO))
                .withMessage("maxCacheWait: PT0S (expected: PT0.001S to PT1M)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.loadDeadline(Duration.ofHours(2)))
                .withMessage("loadDeadline: PT2H (expected: PT0.001S to PT1H)");
    }

    private static EphemeralClientBuilder plaintext(FakeServer server) {
        return EphemeralClient.builder(server.target()).plaintext().loadDeadline(Duration.ofSeconds(20));
    }

    /** The first calls of a process also load classes and connect. */
    private static void warm(EphemeralClient client) throws InterruptedException {
        Await.until("a cached value", () -> {
            GatedLoader loader = GatedLoader.of(JSON);
            return client.users().get("warm", loader).isPresent() && loader.loads.get() == 0;
        });
    }

    private static Duration since(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static <T> T within(Duration deadline, java.util.concurrent.Callable<T> call) throws Exception {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        CancellableContext context = Context.ROOT.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS, timer);
        try {
            return context.call(call);
        } finally {
            context.cancel(null);
            timer.shutdownNow();
        }
    }
}

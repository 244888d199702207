package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.Code;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A cache that does not help is no reason to fail. */
@Timeout(60)
class CacheAwayTest {

    private static final String JSON = "{\"name\":\"Ann\"}";

    @Test
    void c4_whoWaitedLongEnoughLoadsAndPutsNothing() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = plaintext(server).build()) {
            warm(client);
            int before = server.cache.gets.get();
            server.cache.leaseToSomebodyElse("42");
            TestLoader loader = TestLoader.of(JSON);
            long start = System.nanoTime();

            assertThat(client.users().get("42", loader)).contains(JSON);

            assertThat(since(start)).isBetween(Duration.ofMillis(190), Duration.ofSeconds(5));
            assertThat(loader.loads).hasValue(1);
            assertThat(server.cache.puts).hasSize(1); // the warming one
            assertThat(server.cache.gets.get() - before)
                    .as("after 0, 10, 30, 70 and 150 ms")
                    .isBetween(1, 5);
        }
    }

    @Test
    void c4_callerWithLittleTimeWaitsForHalfOfIt() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client =
                        plaintext(server).maxCacheWait(Duration.ofMinutes(1)).build()) {
            server.cache.leaseToSomebodyElse("42");
            TestLoader loader = TestLoader.of(JSON);
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
    void c10_cacheThatFailsIsAskedOnceAndTheValueLoaded(Code code) throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client =
                        plaintext(server).maxCacheWait(Duration.ofSeconds(20)).build()) {
            server.cache.failure = Failures.status(code);
            TestLoader loader = TestLoader.of(JSON);

            assertThat(client.users().get("42", loader)).contains(JSON);

            assertThat(server.cache.gets).hasValue(1);
            assertThat(loader.loads).hasValue(1);
        }
    }

    @Test
    void c10_serverThatIsGoneOrSilentCostsTheCacheWaitAtMost() throws Exception {
        FakeServer server = FakeServer.start();
        try (EphemeralClient client = plaintext(server).build()) {
            server.cache.isSilent = true;
            long start = System.nanoTime();
            assertThat(client.users().get("42", TestLoader.of(JSON))).contains(JSON);
            assertThat(since(start)).isBetween(Duration.ofMillis(190), Duration.ofSeconds(5));

            server.close();
            assertThat(client.users().get("42", TestLoader.of(JSON))).contains(JSON);
        }
    }

    @Test
    void c10_withoutTheCacheOnlySoManyLoadsRunAtOnce() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = plaintext(server).maxLoads(3).build()) {
            server.cache.failure = Failures.unavailable();
            TestLoader loader = TestLoader.of(JSON).holding();
            List<CompletableFuture<Optional<String>>> callers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                callers.add(client.users().getAsync("id-" + i, loader));
            }
            loader.awaitLoads(3);
            Eventually.holds(() -> server.cache.gets.get() == 50);
            loader.letGo();

            for (CompletableFuture<Optional<String>> caller : callers) {
                assertThat(caller.get(20, TimeUnit.SECONDS)).contains(JSON);
            }
            assertThat(loader.loads).hasValue(50);
            assertThat(loader.mostAtOnce).hasValue(3);
        }
    }

    @Test
    void whoFindsNoPlaceAndWhoTakesTooLongAreToldApart() throws Exception {
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = plaintext(server)
                        .maxLoads(1)
                        .loadDeadline(Duration.ofMillis(500))
                        .build()) {
            TestLoader loader = TestLoader.of(JSON).holding();
            CompletableFuture<Optional<String>> slow = client.users().getAsync("1", loader);
            loader.awaitLoads(1);

            assertThatThrownBy(() -> client.users().get("2", loader))
                    .isInstanceOf(LoadException.class)
                    .hasMessage("Too many loads")
                    .hasCauseInstanceOf(RejectedExecutionException.class)
                    .hasRootCauseMessage("1 loads at a time, 500 ms for each with its wait for a place");
            assertThatThrownBy(() -> slow.get(10, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(LoadException.class)
                    .hasMessage("The loader took too long")
                    .hasCauseInstanceOf(TimeoutException.class);
            assertThat(client.products().get("1", TestLoader.of(JSON)))
                    .as("users do not stand in the way of products")
                    .contains(JSON);

            loader.letGo();
            Eventually.holds(() -> client.users().get("3", TestLoader.of(JSON)).isPresent());
            assertThat(loader.loads).as("who was told no is not loaded later").hasValue(1);
        }
    }

    @Test
    void closedClientLoadsNothingAndLeavesNobodyWaiting() throws Exception {
        try (FakeServer server = FakeServer.start()) {
            EphemeralClient client = plaintext(server)
                    .deadline(Duration.ofMillis(300))
                    .maxLoads(1)
                    .loadDeadline(Duration.ofMinutes(1))
                    .build();
            server.cache.failure = Failures.unavailable();
            TestLoader loader = TestLoader.of(JSON).holding();
            CompletableFuture<Optional<String>> running = client.users().getAsync("1", loader);
            loader.awaitLoads(1);
            CompletableFuture<Optional<String>> waiting = client.users().getAsync("2", loader);
            Eventually.holds(() -> server.cache.gets.get() == 2);

            client.close();

            for (CompletableFuture<Optional<String>> caller : List.of(running, waiting)) {
                assertThatThrownBy(() -> caller.get(10, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(LoadException.class);
            }
            assertThatThrownBy(() -> client.users().get("3", loader))
                    .isInstanceOf(LoadException.class)
                    .hasRootCauseMessage("the client is closed");
            Eventually.holds(() -> Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("ephemeral-user-load")));
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
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

    /** The first calls of a process take their time. */
    private static void warm(EphemeralClient client) throws InterruptedException {
        Eventually.holds(() -> {
            TestLoader loader = TestLoader.of(JSON);
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

package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.fixture.Await;
import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.GatedLoader;
import io.flowhub.ephemeral.client.fixture.Statuses;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Reads while the cache fails, is silent, or is leased elsewhere. */
class CacheUnavailableTest extends WithFakeServer {

    @AutoClose("shutdownNow")
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    @Test
    void readLoadsAfterTheMaximumWaitAndPutsNothing() {
        try (EphemeralClient standard = EphemeralClient.builder(server.target())
                .plaintext()
                .loadDeadline(Duration.ofSeconds(20))
                .build()) {
            server.cache.leaseToAnotherProcess("leased elsewhere");
            assertLoadsAfterTheMaximumWait(standard.users(), "leased elsewhere");

            server.cache.holdsGets = true;
            assertLoadsAfterTheMaximumWait(standard.users(), "unanswered");
            assertThat(server.cache.puts).isEmpty();

            server.close();
            assertThat(standard.users().get("42", GatedLoader.of(JSON))).contains(JSON);
        }
    }

    private static void assertLoadsAfterTheMaximumWait(ReadThrough users, String id) {
        GatedLoader loader = GatedLoader.of(JSON);
        long start = System.nanoTime();

        assertThat(users.get(id, loader)).contains(JSON);

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(190), Duration.ofSeconds(5));
        assertThat(loader.loads).hasValue(1);
    }

    @Test
    void readWaitsForAtMostHalfOfTheCallersDeadline() throws Exception {
        server.cache.leaseToAnotherProcess("42");
        GatedLoader loader = GatedLoader.of(JSON);
        CompletableFuture<Optional<String>> patient = client.users().getAsync("42", loader);
        Context hurried = Context.ROOT.withDeadlineAfter(4, TimeUnit.SECONDS, timer);

        assertThat(hurried.call(() -> client.users().get("42", loader))).contains(JSON);

        assertThat(patient.get(1, TimeUnit.SECONDS)).contains(JSON);
        assertThat(loader.loads).hasValue(1);
    }

    @Test
    void blockedPollDelaysNoTimeoutOfTheApplicationAndNoMaxCacheWait() throws Exception {
        BlocksFromTheSecondCallOn interceptor = new BlocksFromTheSecondCallOn();
        server.cache.leaseToAnotherProcess("42");
        try (EphemeralClient blocked = FakeServer.patientClient(server.target())
                .intercept(interceptor)
                .maxCacheWait(Duration.ofSeconds(3))
                .build()) {
            CompletableFuture<Optional<String>> read = blocked.users().getAsync("42", GatedLoader.of(JSON));
            assertThat(interceptor.blocked.await(10, TimeUnit.SECONDS)).isTrue();
            CompletableFuture<Void> unrelated = new CompletableFuture<Void>().orTimeout(10, TimeUnit.MILLISECONDS);

            assertThatThrownBy(() -> unrelated.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(TimeoutException.class);
            assertThat(read.get(10, TimeUnit.SECONDS)).contains(JSON);
        } finally {
            interceptor.release.countDown();
        }
    }

    @Test
    void loadsAreBoundedWhileTheCacheIsUnavailable() throws Exception {
        server.cache.failure = Statuses.unavailable();
        try (EphemeralClient bounded =
                FakeServer.patientClient(server.target()).maxLoads(3).build()) {
            GatedLoader loader = GatedLoader.of(JSON).holding();
            List<CompletableFuture<Optional<String>>> callers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                callers.add(bounded.users().getAsync("id-" + i, loader));
            }
            loader.awaitLoads(3);
            Await.until("50 gets", () -> server.cache.gets.get() == 50);
            loader.release();

            for (CompletableFuture<Optional<String>> caller : callers) {
                assertThat(caller.get(20, TimeUnit.SECONDS)).contains(JSON);
            }
            assertThat(server.cache.gets).as("not retried").hasValue(50);
            assertThat(loader.loads).hasValue(50);
            assertThat(loader.mostAtOnce).hasValue(3);
        }
    }

    @Test
    void rejectedAndSlowLoadsHaveDifferentCauses() throws Exception {
        try (EphemeralClient bounded = FakeServer.patientClient(server.target())
                .maxLoads(1)
                .loadDeadline(Duration.ofMillis(500))
                .build()) {
            ReadThrough users = bounded.users();
            GatedLoader loader = GatedLoader.of(JSON).holding();
            CompletableFuture<Optional<String>> slow = users.getAsync("1", loader);
            loader.awaitLoads(1);

            assertThatThrownBy(() -> users.get("2", loader))
                    .isInstanceOf(LoadException.class)
                    .hasMessage("Too many loads")
                    .hasCauseInstanceOf(RejectedExecutionException.class)
                    .hasRootCauseMessage("1 loads at a time, 500 ms for each including the wait for a thread");
            assertThatThrownBy(() -> slow.get(10, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(LoadException.class)
                    .hasMessage("The loader took too long")
                    .hasCauseInstanceOf(TimeoutException.class);
            assertThat(bounded.products().get("1", GatedLoader.of(JSON)))
                    .as("loads of users do not delay products")
                    .contains(JSON);

            loader.release();
            Await.until(
                    "a free place", () -> users.get("3", GatedLoader.of(JSON)).isPresent());
            assertThat(loader.loads).as("a rejected load does not run later").hasValue(1);
        }
    }

    @Test
    void closedClientLoadsNothingAndCompletesAllReads() throws Exception {
        EphemeralClient closed = FakeServer.patientClient(server.target())
                .deadline(Duration.ofMillis(300))
                .maxLoads(1)
                .loadDeadline(Duration.ofMinutes(1))
                .build();
        server.cache.failure = Statuses.unavailable();
        GatedLoader loader = GatedLoader.of(JSON).holding();
        List<CompletableFuture<Optional<String>>> callers = new ArrayList<>();
        callers.add(closed.users().getAsync("running", loader));
        loader.awaitLoads(1);
        callers.add(closed.users().getAsync("waiting", loader));
        Await.until("2 gets", () -> server.cache.gets.get() == 2);

        closed.close();

        assertThat(callers)
                .allSatisfy(caller -> assertThatThrownBy(() -> caller.get(10, TimeUnit.SECONDS))
                        .isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(LoadException.class));
        assertThatThrownBy(() -> closed.users().get("3", loader))
                .isInstanceOf(LoadException.class)
                .hasRootCauseMessage("the client is closed");
        Await.untilNoThreadIsNamed("ephemeral-user-load");
    }

    /** An interceptor of an application. */
    private static final class BlocksFromTheSecondCallOn implements ClientInterceptor {

        final CountDownLatch blocked = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        private final AtomicInteger calls = new AtomicInteger();

        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            if (calls.incrementAndGet() > 1) {
                blocked.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return next.newCall(method, options);
        }
    }
}

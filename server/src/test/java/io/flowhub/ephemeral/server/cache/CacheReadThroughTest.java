package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.LoadException;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

/** Two applications, each with its own server, share one Redis and read users through it with the Java client. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CacheReadThroughTest {

    private static final String JSON = "{\"name\":\"Ann\"}";
    private static final String OLD = "{\"name\":\"Anne\"}";

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private RedisProcess redis;
    private ServerProcess oneServer;
    private ServerProcess otherServer;
    private EphemeralClient one;
    private EphemeralClient other;

    @BeforeAll
    void start() throws Exception {
        redis = RedisProcess.start();
        oneServer = ServerProcess.start("redis.url: " + redis.url());
        otherServer = ServerProcess.start("redis.url: " + redis.url());
        one = patient(oneServer);
        other = patient(otherServer);
    }

    @AfterAll
    void stop() {
        threads.shutdownNow();
        one.close();
        other.close();
        oneServer.close();
        otherServer.close();
        redis.close();
    }

    @Test
    void hundredMissesOverTwoServersAreOneLoad() throws Exception {
        String id = UniqueIds.next();
        AtomicInteger loads = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        List<Future<Optional<String>>> callers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            EphemeralClient client = i % 2 == 0 ? one : other;
            callers.add(threads.submit(() -> {
                go.await();
                return client.users().get(id, missing -> {
                    loads.incrementAndGet();
                    TimeUnit.MILLISECONDS.sleep(50); // A database takes its time.
                    return Optional.of(JSON);
                });
            }));
        }
        go.countDown();

        for (Future<Optional<String>> caller : callers) {
            assertThat(caller.get(60, TimeUnit.SECONDS)).contains(JSON);
        }
        assertThat(loads).hasValue(1);
        try (Jedis jedis = redis.jedis()) {
            Eventually.within(
                    Duration.ofSeconds(10), "the key exists", () -> JSON.equals(jedis.get("cache:user:" + id)));
            Invariant.assertAllExpire(jedis);
        }
    }

    @Test
    void whatWasEvictedWhileItWasLoadedIsNotCached() throws Exception {
        String id = UniqueIds.next();
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch evicted = new CountDownLatch(1);
        CompletableFuture<Optional<String>> before = one.users().getAsync(id, missing -> {
            read.countDown();
            evicted.await();
            return Optional.of(OLD);
        });
        read.await();
        other.users().evict(id);
        evicted.countDown();

        assertThat(before.get(20, TimeUnit.SECONDS)).contains(OLD);
        assertThat(one.users().get(id, missing -> Optional.of(JSON))).contains(JSON);
        assertThat(other.users().get(id, missing -> Optional.of("{}"))).contains(JSON);
    }

    @Test
    void callerThatWaitsForAnUnusedLeaseLoadsItself() throws Exception {
        String id = UniqueIds.next();
        assertThat(other.cache()
                        .getCachedUser(
                                GetCachedUserRequest.newBuilder().setId(id).build())
                        .getLease())
                .isNotEmpty();
        try (EphemeralClient usual = EphemeralClient.connect(address(oneServer))) {
            long start = System.nanoTime();

            assertThat(usual.users().get(id, missing -> Optional.of(JSON))).contains(JSON);

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        }
        try (Jedis jedis = redis.jedis()) {
            assertThat(jedis.exists("cache:user:" + id)).as("not his to fill").isFalse();
        }
    }

    @Test
    void callerThatGivesUpDoesNotCancelTheLoadOfOthers() throws Exception {
        String id = UniqueIds.next();
        CountDownLatch read = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        CancellableContext firstCall = Context.ROOT.withCancellation();
        Future<Optional<String>> first =
                threads.submit(firstCall.wrap(() -> one.users().get(id, missing -> {
                    read.countDown();
                    gone.await();
                    return Optional.of(JSON);
                })));
        read.await();
        CompletableFuture<Optional<String>> here = one.users().getAsync(id, missing -> Optional.of("{}"));
        CompletableFuture<Optional<String>> there = other.users().getAsync(id, missing -> Optional.of("{}"));

        firstCall.cancel(null);
        assertThatThrownBy(() -> first.get(20, TimeUnit.SECONDS))
                .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                .isEqualTo(Status.Code.CANCELLED);
        gone.countDown();

        assertThat(here.get(20, TimeUnit.SECONDS)).contains(JSON);
        assertThat(there.get(20, TimeUnit.SECONDS)).contains(JSON);
    }

    @Test
    void loaderErrorIsNotCached() throws Exception {
        String id = UniqueIds.next();
        assertThatThrownBy(() -> one.users().get(id, missing -> {
                    throw new IOException("no database");
                }))
                .isInstanceOf(LoadException.class)
                .hasRootCauseMessage("no database");
        other.users().evict(id); // Ends the lease of the one that failed.

        assertThat(other.users().get(id, missing -> Optional.of(JSON))).contains(JSON);
    }

    @Test
    void missingObjectIsCachedForAllCallers() throws Exception {
        String id = UniqueIds.next();
        assertThat(one.users().get(id, missing -> Optional.empty())).isEmpty();
        try (Jedis jedis = redis.jedis()) {
            Eventually.within(Duration.ofSeconds(10), "the key exists", () -> jedis.exists("cache:user:" + id));
            assertThat(jedis.pttl("cache:user:" + id)).isBetween(10_000L, 30_000L);
        }

        assertThat(other.users().get(id, missing -> Optional.of(JSON))).isEmpty();
        other.users().evict(id);
        assertThat(one.users().get(id, missing -> Optional.of(JSON))).contains(JSON);
    }

    @Test
    void whatIsNoSmallObjectIsAnsweredAndNotCached() throws Exception {
        String big = "{\"s\":\"" + "x".repeat(5_120) + "\"}";
        for (String value : List.of(big, "[1,2]")) {
            String id = UniqueIds.next();
            assertThat(one.users().get(id, missing -> Optional.of(value))).contains(value);
            try (Jedis jedis = redis.jedis()) {
                assertThat(jedis.exists("cache:user:" + id)).isFalse();
            }
        }
    }

    @Test
    void withoutRedisUsersAreLoadedAndAfterwardsCachedAgain() throws Exception {
        String yaml;
        try (RedisProcess mortal = RedisProcess.start()) {
            yaml = "redis.url: " + mortal.url();
            try (ServerProcess server = ServerProcess.start(yaml);
                    EphemeralClient client = EphemeralClient.connect(address(server))) {
                mortal.kill();
                AtomicInteger loads = new AtomicInteger();
                List<CompletableFuture<Optional<String>>> callers = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    callers.add(client.users().getAsync(UniqueIds.next(), missing -> {
                        loads.incrementAndGet();
                        return Optional.of(JSON);
                    }));
                }
                for (CompletableFuture<Optional<String>> caller : callers) {
                    assertThat(caller.get(20, TimeUnit.SECONDS)).contains(JSON);
                }
                assertThat(loads).hasValue(100);

                mortal.restart();
                Eventually.within(Duration.ofSeconds(20), "a load by the client", () -> {
                    String id = UniqueIds.next();
                    client.users().get(id, missing -> Optional.of(JSON));
                    TimeUnit.MILLISECONDS.sleep(50);
                    return client.users().get(id, missing -> Optional.of("{}")).equals(Optional.of(JSON));
                });
            }
        }
    }

    /** Longer than a busy machine needs: these tests are about which caller loads, not about latency. */
    private static EphemeralClient patient(ServerProcess server) {
        return EphemeralClient.builder(address(server))
                .plaintext()
                .deadline(Duration.ofSeconds(20))
                .maxCacheWait(Duration.ofSeconds(20))
                .loadDeadline(Duration.ofSeconds(20))
                .build();
    }

    private static String address(ServerProcess server) {
        return server.channel().authority();
    }
}

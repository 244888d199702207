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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;

/** Two applications with the Java client, each with its own server, read users through one Redis. */
@Tag("contract")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CacheReadThroughTest {

    private static final String JSON = "{\"name\":\"Ann\"}";
    private static final String OLD = "{\"name\":\"Anne\"}";

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private RedisProcess redis;
    private ServerProcess firstServer;
    private ServerProcess secondServer;
    private EphemeralClient first;
    private EphemeralClient second;

    @BeforeAll
    void start() throws Exception {
        redis = RedisProcess.start();
        firstServer = ServerProcess.start("redis.url: " + redis.url());
        secondServer = ServerProcess.start("redis.url: " + redis.url());
        first = clientWithLongDeadlines(firstServer);
        second = clientWithLongDeadlines(secondServer);
    }

    @AfterAll
    void stop() {
        threads.shutdownNow();
        first.close();
        second.close();
        firstServer.close();
        secondServer.close();
        redis.close();
    }

    @Test
    void hundredMissesOnTwoServersCauseOneLoad() throws Exception {
        String id = UniqueIds.next();
        AtomicInteger loads = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        List<Future<Optional<String>>> callers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            EphemeralClient client = i % 2 == 0 ? first : second;
            callers.add(threads.submit(() -> {
                go.await();
                return client.users().get(id, missing -> {
                    loads.incrementAndGet();
                    TimeUnit.MILLISECONDS.sleep(50); // as long as a database query
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
                    Duration.ofSeconds(10), "the object is stored", () -> JSON.equals(jedis.get("cache:user:" + id)));
            Invariant.assertAllExpire(jedis);
        }
    }

    @Test
    void objectEvictedDuringItsLoadIsNotCached() throws Exception {
        String id = UniqueIds.next();
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch evicted = new CountDownLatch(1);
        CompletableFuture<Optional<String>> loadedBefore = first.users().getAsync(id, missing -> {
            loading.countDown();
            evicted.await();
            return Optional.of(OLD);
        });
        loading.await();
        second.users().evict(id);
        evicted.countDown();

        assertThat(loadedBefore.get(20, TimeUnit.SECONDS)).contains(OLD);
        assertThat(first.users().get(id, missing -> Optional.of(JSON))).contains(JSON);
        assertThat(second.users().get(id, missing -> Optional.of("{}"))).contains(JSON);
    }

    @Test
    void callerLoadsItselfIfTheHolderOfTheLeaseDoesNot() throws Exception {
        String id = UniqueIds.next();
        assertThat(second.cache()
                        .getCachedUser(
                                GetCachedUserRequest.newBuilder().setId(id).build())
                        .getLease())
                .isNotEmpty();
        try (EphemeralClient client = EphemeralClient.connect(address(firstServer))) {
            long start = System.nanoTime();

            assertThat(client.users().get(id, missing -> Optional.of(JSON))).contains(JSON);

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
        }
        try (Jedis jedis = redis.jedis()) {
            assertThat(jedis.exists("cache:user:" + id))
                    .as("a caller without the lease does not put the object")
                    .isFalse();
        }
    }

    @Test
    void cancelledCallerDoesNotCancelTheLoadForOtherCallers() throws Exception {
        String id = UniqueIds.next();
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        CancellableContext firstContext = Context.ROOT.withCancellation();
        Future<Optional<String>> firstCaller =
                threads.submit(firstContext.wrap(() -> first.users().get(id, missing -> {
                    loading.countDown();
                    cancelled.await();
                    return Optional.of(JSON);
                })));
        loading.await();
        CompletableFuture<Optional<String>> onFirstServer = first.users().getAsync(id, missing -> Optional.of("{}"));
        CompletableFuture<Optional<String>> onSecondServer = second.users().getAsync(id, missing -> Optional.of("{}"));

        firstContext.cancel(null);
        assertThatThrownBy(() -> firstCaller.get(20, TimeUnit.SECONDS))
                .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                .isEqualTo(Status.Code.CANCELLED);
        cancelled.countDown();

        assertThat(onFirstServer.get(20, TimeUnit.SECONDS)).contains(JSON);
        assertThat(onSecondServer.get(20, TimeUnit.SECONDS)).contains(JSON);
    }

    @Test
    void loaderErrorIsNotCached() throws Exception {
        String id = UniqueIds.next();
        assertThatThrownBy(() -> first.users().get(id, missing -> {
                    throw new IOException("no database");
                }))
                .isInstanceOf(LoadException.class)
                .hasRootCauseMessage("no database");
        second.users().evict(id); // revokes the lease of the failed load

        assertThat(second.users().get(id, missing -> Optional.of(JSON))).contains(JSON);
    }

    @Test
    void absenceOfAnObjectIsCachedForAllCallers() throws Exception {
        String id = UniqueIds.next();
        assertThat(first.users().get(id, missing -> Optional.empty())).isEmpty();
        try (Jedis jedis = redis.jedis()) {
            Eventually.within(Duration.ofSeconds(10), "the key exists", () -> jedis.exists("cache:user:" + id));
            assertThat(jedis.pttl("cache:user:" + id)).isBetween(10_000L, 30_000L);
        }

        assertThat(second.users().get(id, missing -> Optional.of(JSON))).isEmpty();
        second.users().evict(id);
        assertThat(first.users().get(id, missing -> Optional.of(JSON))).contains(JSON);
    }

    @Test
    void textThatIsNotASmallObjectIsReturnedAndNotCached() throws Exception {
        String big = "{\"s\":\"" + "x".repeat(5_120) + "\"}";
        for (String value : List.of(big, "[1,2]")) {
            String id = UniqueIds.next();
            assertThat(first.users().get(id, missing -> Optional.of(value))).contains(value);
            try (Jedis jedis = redis.jedis()) {
                assertThat(jedis.exists("cache:user:" + id)).isFalse();
            }
        }
    }

    @Test
    void duringAnOutageUsersAreLoadedAndAfterItCachedAgain() throws Exception {
        String yaml;
        try (RedisProcess ownRedis = RedisProcess.start()) {
            yaml = "redis.url: " + ownRedis.url();
            try (ServerProcess server = ServerProcess.start(yaml);
                    EphemeralClient client = EphemeralClient.connect(address(server))) {
                ownRedis.kill();
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

                ownRedis.restart();
                Eventually.within(Duration.ofSeconds(20), "the client caches a user again", () -> {
                    String id = UniqueIds.next();
                    client.users().get(id, missing -> Optional.of(JSON));
                    TimeUnit.MILLISECONDS.sleep(50);
                    return client.users().get(id, missing -> Optional.of("{}")).equals(Optional.of(JSON));
                });
            }
        }
    }

    /** The deadlines are longer than a busy machine needs: these tests check which caller loads, not the latency. */
    private static EphemeralClient clientWithLongDeadlines(ServerProcess server) {
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

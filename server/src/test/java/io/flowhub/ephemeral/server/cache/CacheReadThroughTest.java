package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.Invariant;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
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

    @AutoClose
    private final RedisProcess process = RedisProcess.start();

    @AutoClose
    private final Jedis redis = process.jedis();

    @AutoClose
    private final ServerProcess firstServer = ServerProcess.start("redis.url: " + process.url());

    @AutoClose
    private final ServerProcess secondServer = ServerProcess.start("redis.url: " + process.url());

    @AutoClose
    private final EphemeralClient first = clientWithLongDeadlines(firstServer);

    @AutoClose
    private final EphemeralClient second = clientWithLongDeadlines(secondServer);

    @Test
    void hundredMissesOnTwoServersCauseOneLoad() throws Exception {
        String id = UniqueIds.next();
        AtomicInteger loads = new AtomicInteger();
        List<Optional<String>> values = Concurrently.run(
                100,
                i -> (i % 2 == 0 ? first : second).users().get(id, missing -> {
                    loads.incrementAndGet();
                    TimeUnit.MILLISECONDS.sleep(50); // as long as a database query
                    return Optional.of(JSON);
                }));
        assertThat(values).containsOnly(Optional.of(JSON));
        assertThat(loads).hasValue(1);
        Eventually.within(
                Duration.ofSeconds(10), "the object is stored", () -> JSON.equals(redis.get("cache:user:" + id)));
        Invariant.assertAllExpire(redis);
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
    void textThatIsNotASmallObjectIsReturnedAndNotCached() throws Exception {
        String big = "{\"s\":\"" + "x".repeat(5_120) + "\"}";
        for (String value : List.of(big, "[1,2]")) {
            String id = UniqueIds.next();
            assertThat(first.users().get(id, missing -> Optional.of(value))).contains(value);
            assertThat(redis.exists("cache:user:" + id)).isFalse();
        }
    }

    @Test
    void duringAnOutageUsersAreLoadedAndAfterItCachedAgain() throws Exception {
        try (RedisProcess ownRedis = RedisProcess.start();
                ServerProcess server = ServerProcess.start("redis.url: " + ownRedis.url());
                EphemeralClient client = EphemeralClient.connect(address(server))) {
            ownRedis.kill();
            AtomicInteger loads = new AtomicInteger();
            List<Optional<String>> values = Concurrently.run(
                    100,
                    i -> client.users().get(UniqueIds.next(), missing -> {
                        loads.incrementAndGet();
                        return Optional.of(JSON);
                    }));
            assertThat(values).containsOnly(Optional.of(JSON));
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

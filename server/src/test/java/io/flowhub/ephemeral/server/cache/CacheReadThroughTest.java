package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.server.fixture.Concurrently;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.StatusAssert;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.Topology;
import io.flowhub.ephemeral.server.fixture.TwoServers;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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

    @AutoClose
    private final Jedis redis = TestRedis.jedis();

    @AutoClose
    private final TwoServers servers = TwoServers.start("redis.url: " + TestRedis.url());

    @AutoClose
    private final EphemeralClient first = clientWithLongDeadlines(servers.first());

    @AutoClose
    private final EphemeralClient second = clientWithLongDeadlines(servers.second());

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
        Eventually.soon("the object is stored", () -> JSON.equals(redis.get("cache:user:" + id)));
        Topology.assertAllExpire(redis);
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

    @Tag("latency")
    @Test
    void duringAnOutageUsersAreLoadedAndAfterItCachedAgainButNotWithALeaseFromBeforeIt() throws Exception {
        try (RedisProcess ownRedis = RedisProcess.start();
                ServerProcess server = ServerProcess.start("redis.url: " + ownRedis.url());
                EphemeralClient client =
                        EphemeralClient.connect(server.channel().authority())) {
            server.awaitReady();
            CachedUserCalls calls = new CachedUserCalls(server.channel());
            String lease = calls.get("leased").getLease();
            assertThat(lease).isNotEmpty();
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
            StatusAssert.unavailableSoon(() -> calls.put("leased", "{}", lease));

            ownRedis.restart();
            Eventually.within(Duration.ofSeconds(20), "the client caches a user again", () -> {
                String id = UniqueIds.next();
                client.users().get(id, missing -> Optional.of(JSON));
                TimeUnit.MILLISECONDS.sleep(50);
                return client.users().get(id, missing -> Optional.of("{}")).equals(Optional.of(JSON));
            });
            assertThat(calls.get("leased").getLease()).isNotEmpty().isNotEqualTo(lease);
            assertThat(calls.put("leased", "{}", lease)).isFalse();
        }
    }

    /** The deadlines are longer than a busy machine needs: these tests check which caller loads, not the latency. */
    private static EphemeralClient clientWithLongDeadlines(ManagedChannel server) {
        return EphemeralClient.builder(server.authority())
                .plaintext()
                .deadline(Duration.ofSeconds(20))
                .maxCacheWait(Duration.ofSeconds(20))
                .loadDeadline(Duration.ofSeconds(20))
                .build();
    }
}

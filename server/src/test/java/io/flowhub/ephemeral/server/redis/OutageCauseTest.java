package io.flowhub.ephemeral.server.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.ClientKillParams.SkipMe;

/** The log names why Redis is unavailable, in its own words, and calls fail with the same word. */
@Tag("fault")
class OutageCauseTest {

    private static final String SECRET = "s3cret-9d1f";
    private static final String UNAVAILABLE = "Redis is unavailable: single Redis at ";

    @AutoClose
    private final CapturedLog log = CapturedLog.of(RedisClient.class.getPackageName());

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            redis://127.0.0.1:%d                 | --requirepass s3cret-9d1f                        | NOAUTH
            redis://:wrong@127.0.0.1:%d          | --requirepass s3cret-9d1f                        | WRONGPASS
            redis://u:s3cret-9d1f@127.0.0.1:%d   | --requirepass s3cret-9d1f                        | WRONGPASS
            redis://:s3cret-9d1f@127.0.0.1:%d    | --maxclients 100                                 | without any password configured
            redis://127.0.0.1:%d/99              | --databases 16                                   | DB index is out of range
            redis://127.0.0.1:%d                 | --replicaof 127.0.0.1 1                          | READONLY
            redis://127.0.0.1:%d                 | --min-replicas-to-write 1                        | NOREPLICAS
            redis://127.0.0.1:%d                 | --user default on nopass ~* &* +@all -evalsha -eval | NOPERM for EVALSHA
            redis://127.0.0.1:%d                 | --user default on nopass ~* resetchannels +@all  | NOPERM for PUBLISH
            redis://127.0.0.1:%d                 | --user default on nopass ~rate:* &* +@all        | NOPERM for keys
            redis://127.0.0.1:%d                 | --user default on nopass ~* &* +@all -set        | NOPERM for SET
            rediss://127.0.0.1:%d                | --maxclients 100                                 | timeout
            """)
    void causeIsLoggedOnceInTheWordsOfRedis(String url, String options, String word) {
        try (RedisProcess process = RedisProcess.start(options.split(" "));
                TestRedisClient harness = TestRedisClient.opening("redis.url: " + url.formatted(process.port()))) {
            Eventually.soon("the cause is logged", () -> causes().contains(word));
            assertThat(harness.redis().initialRedisCheck().toCompletableFuture())
                    .succeedsWithin(5, TimeUnit.SECONDS)
                    .isEqualTo(false);
            assertThat(messageOfACall(harness)).isEqualTo("Redis is unavailable: " + word);
            assertThat(causes()).containsExactly(word);
        }
        assertThat(log.messages()).noneMatch(line -> line.contains(SECRET));
    }

    @Test
    @SuppressWarnings("try") // the clients connect on their own
    void unreachableAddressIsNamed() throws IOException {
        try (TestRedisClient ignored = TestRedisClient.opening("redis.url: redis://127.0.0.1:1")) {
            Eventually.soon("the cause is logged", () -> causes().contains("connection refused"));
        }
        try (TestRedisClient ignored = TestRedisClient.opening("redis.url: redis://nowhere.invalid")) {
            Eventually.soon("the cause is logged", () -> causes().contains("unknown host"));
        }
        try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                TestRedisClient ignored =
                        TestRedisClient.opening("redis.url: redis://127.0.0.1:" + mute.getLocalPort())) {
            Eventually.soon("the cause is logged", () -> causes().contains("timeout"));
        }
    }

    @Test
    void eachChangeOfTheCauseIsLoggedAlsoAfterRedisWasAvailable() throws Exception {
        try (RedisProcess process = RedisProcess.start();
                Jedis admin = process.jedis();
                TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url())) {
            admin.configSet("min-replicas-to-write", "1");
            Eventually.soon("writes are rejected", () -> messageOfACall(harness).endsWith("NOREPLICAS"));
            Eventually.soon("the cause is logged", () -> causes().contains("NOREPLICAS"));

            admin.replicaof("127.0.0.1", 1);
            Eventually.soon("the cause is logged", () -> causes().contains("READONLY"));

            admin.configSet("replica-serve-stale-data", "no");
            Eventually.soon("the cause is logged", () -> causes().contains("MASTERDOWN"));

            admin.replicaofNoOne();
            admin.configSet("min-replicas-to-write", "0");
            harness.awaitUp();
            admin.aclSetUser("default", "resetpass", ">" + SECRET);
            admin.clientKill(ClientKillParams.clientKillParams().skipMe(SkipMe.YES));
            Eventually.soon("the cause is logged", () -> causes().contains("NOAUTH"));
            admin.aclSetUser("default", "nopass");
            harness.awaitUp();

            assertThat(causes()).containsExactly("NOREPLICAS", "READONLY", "MASTERDOWN", "NOAUTH");
        }
    }

    @Test
    @SuppressWarnings("try") // the first client connects on its own
    void threeConnectionsAreEnoughAndOnesBeyondTheLimitOfRedisAreNamed() {
        try (RedisProcess process = RedisProcess.start("--maxclients", "3");
                TestRedisClient ignored = TestRedisClient.open("redis.url: " + process.url());
                TestRedisClient second = TestRedisClient.opening("redis.url: " + process.url())) {
            Eventually.soon("the cause is logged", () -> causes().contains("max number of clients reached"));
            assertThat(second.up()).isFalse();
        }
    }

    @Test
    void fullRedisIsAvailable() throws Exception {
        try (RedisProcess process = RedisProcess.start("--maxmemory", "1");
                TestRedisClient harness = TestRedisClient.open("redis.url: " + process.url())) {
            assertThat(harness.up()).isTrue();
            assertThat(causes()).isEmpty();
        }
    }

    /** Each row of the table is in the documents, with its hint. */
    @Test
    void operationsListEveryCause() throws IOException {
        String document = Files.readString(Path.of("../docs/operations.md"));

        assertThat(OutageCause.table())
                .hasSizeGreaterThan(20)
                .filteredOn(row -> !document.contains(row))
                .isEmpty();
    }

    private List<String> causes() {
        return log.messages(Level.WARN).stream()
                .filter(line -> line.startsWith(UNAVAILABLE))
                .map(line -> line.replaceFirst("^.*?://\\S+: ", "").replaceFirst(" \\(.*\\)$", ""))
                .toList();
    }

    private static String messageOfACall(TestRedisClient harness) {
        try {
            return Probe.add(harness.redis(), "user", "text")
                    .get(5, TimeUnit.SECONDS)
                    .text();
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(RedisUnavailableException.class);
            return requireNonNull(requireNonNull(e.getCause()).getMessage());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}

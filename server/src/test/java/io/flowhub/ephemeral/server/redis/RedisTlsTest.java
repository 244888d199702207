package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.ClientKillParams.SkipMe;

/** {@code rediss://} with a private authority, a certificate of the server and the name of Redis. */
@Tag("fault")
class RedisTlsTest {

    @TempDir
    Path folder;

    @AutoClose
    private final CapturedLog log = CapturedLog.of(RedisClient.class.getPackageName());

    private final TestCertificate redis = TestCertificate.selfSigned("redis"); // of 127.0.0.1
    private final TestCertificate server = TestCertificate.selfSigned("server");
    private final int port = FreePorts.next();

    @Test
    @SuppressWarnings("try") // the Redis is not used
    void privateAuthorityIsTrustedAndEachMistakeIsNamed() throws Exception {
        String trusted = ca(redis) + certificate();
        try (RedisProcess process = startRedis()) {
            assertCause("certificate", opening("127.0.0.1", certificate()));
            assertCause("certificate", opening("127.0.0.1", ca(server) + certificate()));
            assertCause("client certificate", opening("127.0.0.1", ca(redis)));
            assertCause("certificate of another host", opening("localhost", trusted));
            try (TestRedisClient harness = opening("127.0.0.1", trusted);
                    TestRedisClient named = opening("localhost", trusted + "redis.tls_server_name: 127.0.0.1")) {
                harness.awaitUp();
                named.awaitUp();
                assertThat(harness.redis().tlsExpiries())
                        .containsEntry("redis.tls_ca", end(redis))
                        .containsEntry("redis.tls_certificate", end(server));
                assertThat(Probe.add(named.redis(), "user", "text")).succeedsWithin(5, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void changedFileCountsForTheNextConnectionAndABrokenOneChangesNothing() throws Exception {
        try (RedisProcess process = startRedis();
                Jedis admin = process.jedis();
                TestRedisClient harness = opening("127.0.0.1", ca(server) + certificate())) {
            Eventually.soon("the cause is logged", () -> !causes().isEmpty());
            ca(redis);
            harness.awaitUp();

            write("ca.pem", "-----BEGIN CERTIFICATE-----");
            admin.clientKill(ClientKillParams.clientKillParams().skipMe(SkipMe.YES));
            Eventually.soon(
                    "a broken file is logged", () -> !warningsOf("ca.pem").isEmpty());
            Eventually.soon(
                    "calls succeed over a new connection",
                    () -> Probe.add(harness.redis(), "user", "text")
                            .handle((answer, failure) -> failure == null)
                            .get());
            assertThat(warningsOf("ca.pem"))
                    .as("although there are several connections")
                    .hasSize(1);
        }
    }

    /** Each step of the handshake takes a round trip. */
    @Test
    @SuppressWarnings("try") // the Redis is not used
    void distantRedisIsConnected() throws Exception {
        try (RedisProcess process = startRedis();
                RedisProxy distant = RedisProxy.distant(port, Duration.ofMillis(200));
                TestRedisClient harness = TestRedisClient.opening(
                        "redis.url: rediss://127.0.0.1:" + distant.port(), ca(redis) + certificate())) {
            harness.awaitUp();
            assertThat(Probe.add(harness.redis(), "user", "text")).succeedsWithin(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void fileThatCannotBeUsedIsNamedAtTheStart() throws Exception {
        String settings = ca(redis) + certificate();
        write("key.pem", server.certificatePem());
        assertThatThrownBy(() -> opening("127.0.0.1", settings))
                .hasRootCauseInstanceOf(KeyException.class)
                .hasMessageContaining("key.pem");
    }

    private List<String> warningsOf(String file) {
        return log.messages(Level.WARN).stream()
                .filter(line -> line.contains(file))
                .toList();
    }

    private static Instant end(TestCertificate certificate) {
        return certificate.certificate().getNotAfter().toInstant();
    }

    private RedisProcess startRedis() throws IOException {
        Path pem = write("redis.pem", redis.certificatePem() + redis.keyPem());
        Path clients = write("clients.pem", server.certificatePem());
        return RedisProcess.start("--tls-port %d --tls-cert-file %s --tls-key-file %s --tls-ca-cert-file %s"
                .formatted(port, pem, pem, clients)
                .split(" "));
    }

    private TestRedisClient opening(String host, String settings) {
        return TestRedisClient.opening("redis.url: rediss://" + host + ":" + port, settings);
    }

    private String ca(TestCertificate authority) throws IOException {
        return "redis.tls_ca: " + write("ca.pem", authority.certificatePem()) + "\n";
    }

    private String certificate() throws IOException {
        return "redis.tls_certificate: " + write("certificate.pem", server.certificatePem()) + "\nredis.tls_key: "
                + write("key.pem", server.keyPem()) + "\n";
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private void assertCause(String cause, TestRedisClient harness) {
        try (harness) {
            Eventually.soon("the cause is logged", () -> !causes().isEmpty());
            assertThat(causes()).containsOnly(cause);
        }
        log.clear();
    }

    private List<String> causes() {
        return log.messages(Level.WARN).stream()
                .filter(line -> line.startsWith("Redis is unavailable"))
                .map(line -> line.replaceFirst("^.*?://\\S+: ", "").replaceFirst(" \\(.*$", ""))
                .toList();
    }
}

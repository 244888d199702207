package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.RedisProxy;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** Connections to a Redis that requires credentials or TLS. Not each Redis that the contract tests run on has TLS. */
@Tag("fault")
class CredentialsTest {

    private static final String TRUST_STORE = "javax.net.ssl.trustStore";
    private static final String TRUST_STORE_PASSWORD = "javax.net.ssl.trustStorePassword";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "default, redis://:s3cret@127.0.0.1:%d",
        "default, 'redis://127.0.0.1:%d\nredis.password: s3cret'",
        "app, redis://app:s3cret@127.0.0.1:%d",
        "app, 'redis://127.0.0.1:%d\nredis.username: app\nredis.password: s3cret'",
    })
    void userWithAccessToItsKeysIsEnoughAndAWrongPasswordIsUnavailable(String user, String url) throws Exception {
        String options = "--requirepass s3cret --user app on >s3cret ~user* ~ephemeral:* &* +@all -@dangerous";
        try (RedisProcess process = RedisProcess.start(options.split(" "));
                Jedis jedis = process.jedis()) {
            String settings = "redis.url: " + url.formatted(process.port());
            try (TestRedisClient harness = TestRedisClient.opening(settings.replace("s3cret", "wrong"))) {
                assertRejected(harness);
            }
            try (TestRedisClient harness = TestRedisClient.open(settings)) {
                assertServed(harness);
                assertThat(harness.redis().describe()).doesNotContain("s3cret");
                jedis.auth("s3cret");
                assertThat(jedis.clientList()).contains("user=" + user);
            }
        }
    }

    @Test
    @SuppressWarnings("try") // the Redis is not used
    void tlsConnectsOnlyToATrustedRedisAlsoFarAway() throws Exception {
        TestCertificate certificate = TestCertificate.selfSigned("redis");
        Path pem = Files.writeString(folder.resolve("redis.pem"), certificate.certificatePem() + certificate.keyPem());
        int port = FreePorts.next();
        String options = "--tls-port %d --tls-cert-file %s --tls-key-file %s --tls-auth-clients no --requirepass s3cret"
                .formatted(port, pem, pem);
        try (RedisProcess process = RedisProcess.start(options.split(" "))) {
            String settings = "redis.url: rediss://:s3cret@127.0.0.1:" + port;
            try (TestRedisClient stranger = TestRedisClient.opening(settings)) {
                assertRejected(stranger);
            }
            System.setProperty(
                    TRUST_STORE,
                    certificate.trustStore(folder.resolve("trusted.p12")).toString());
            System.setProperty(TRUST_STORE_PASSWORD, TestCertificate.PASSWORD);
            try (TestRedisClient harness = TestRedisClient.open(settings);
                    RedisProxy distant = RedisProxy.distant(port, Duration.ofMillis(100));
                    TestRedisClient far =
                            TestRedisClient.open("redis.url: rediss://:s3cret@127.0.0.1:" + distant.port())) {
                assertServed(harness);
                assertServed(far);
            } finally {
                System.clearProperty(TRUST_STORE);
                System.clearProperty(TRUST_STORE_PASSWORD);
            }
        }
    }

    private static void assertRejected(TestRedisClient harness) throws Exception {
        assertThat(harness.redis().initialRedisCheck().toCompletableFuture().get(5, TimeUnit.SECONDS))
                .isFalse();
    }

    private static void assertServed(TestRedisClient harness) throws Exception {
        assertThat(Probe.add(harness.redis(), "user", "text")
                        .get(5, TimeUnit.SECONDS)
                        .text())
                .isEqualTo("user=text");
    }
}

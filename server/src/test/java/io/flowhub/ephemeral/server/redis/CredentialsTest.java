package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Connections to a Redis that requires credentials or TLS. */
@Tag("contract")
class CredentialsTest {

    private static final String TRUST_STORE = "javax.net.ssl.trustStore";
    private static final String TRUST_STORE_PASSWORD = "javax.net.ssl.trustStorePassword";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"redis://:s3cret@127.0.0.1:%d", "redis://127.0.0.1:%d\nredis.password: s3cret"})
    void passwordIsSent(String url) throws Exception {
        try (RedisProcess process = RedisProcess.start("--requirepass", "s3cret");
                TestRedisClient harness = TestRedisClient.open("redis.url: " + url.formatted(process.port()))) {
            assertServed(harness);
            assertThat(harness.redis().describe()).doesNotContain("s3cret");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://app:s3cret@127.0.0.1:%d",
                "redis://127.0.0.1:%d\nredis.username: app\nredis.password: s3cret"
            })
    void userWithAccessToItsKeysIsEnough(String url) throws Exception {
        try (RedisProcess process =
                        RedisProcess.start("--user", "app", "on", ">s3cret", "~user*", "&*", "+@all", "-@dangerous");
                TestRedisClient harness = TestRedisClient.open("redis.url: " + url.formatted(process.port()))) {
            assertServed(harness);
            try (Jedis jedis = process.jedis()) {
                assertThat(jedis.clientList()).contains("user=app");
            }
        }
    }

    @Test
    void wrongPasswordIsUnavailable() throws Exception {
        try (RedisProcess process = RedisProcess.start("--requirepass", "s3cret");
                TestRedisClient harness =
                        TestRedisClient.opening("redis.url: redis://:wrong@127.0.0.1:" + process.port())) {
            assertRejected(harness);
        }
    }

    @Test
    @SuppressWarnings("try") // the Redis is not used
    void tlsConnectsOnlyToATrustedRedis() throws Exception {
        Certificate certificate = Certificate.create(folder);
        int port = RedisProcess.freePort();
        String options = "--tls-port %d --tls-cert-file %s --tls-key-file %s --tls-auth-clients no --requirepass s3cret"
                .formatted(port, certificate.certificate(), certificate.key());
        try (RedisProcess process = RedisProcess.start(options.split(" "))) {
            String settings = "redis.url: rediss://:s3cret@127.0.0.1:" + port;
            try (TestRedisClient stranger = TestRedisClient.opening(settings)) {
                assertRejected(stranger);
            }
            System.setProperty(TRUST_STORE, certificate.trustStore().toString());
            System.setProperty(TRUST_STORE_PASSWORD, Certificate.PASSWORD);
            try (TestRedisClient harness = TestRedisClient.open(settings)) {
                assertServed(harness);
            } finally {
                System.clearProperty(TRUST_STORE);
                System.clearProperty(TRUST_STORE_PASSWORD);
            }
        }
    }

    /** A self-signed certificate of 127.0.0.1, as files for Redis and for Java. */
    private record Certificate(Path certificate, Path key, Path trustStore) {

        private static final String PASSWORD = "changeit";

        static Certificate create(Path folder) throws Exception {
            Path both = folder.resolve("both.p12");
            String keytool = System.getProperty("java.home") + "/bin/keytool -genkeypair -alias redis -keyalg EC"
                    + " -dname CN=127.0.0.1 -ext SAN=ip:127.0.0.1 -storetype PKCS12 -storepass " + PASSWORD
                    + " -keystore " + both;
            Process process = new ProcessBuilder(keytool.split(" "))
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("keytool.log").toFile())
                    .start();
            assertThat(process.waitFor()).isZero();
            KeyStore created = KeyStore.getInstance(both.toFile(), PASSWORD.toCharArray());
            return new Certificate(
                    pem(folder, "CERTIFICATE", created.getCertificate("redis").getEncoded()),
                    pem(
                            folder,
                            "PRIVATE KEY",
                            created.getKey("redis", PASSWORD.toCharArray()).getEncoded()),
                    both); // Java trusts the certificate of a key, too
        }

        private static Path pem(Path folder, String type, byte[] content) throws IOException {
            String text = Base64.getMimeEncoder().encodeToString(content);
            return Files.writeString(
                    folder.resolve(type.replace(' ', '-') + ".pem"),
                    "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n");
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

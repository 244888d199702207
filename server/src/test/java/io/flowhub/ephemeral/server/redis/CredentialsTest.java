package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.RedisProcess;
import io.flowhub.ephemeral.server.fixture.TestRedisClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
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
        Certificate certificate = Certificate.create(folder);
        int port = FreePorts.next();
        String options = "--tls-port %d --tls-cert-file %s --tls-key-file %s --tls-auth-clients no --requirepass s3cret"
                .formatted(port, certificate.pem(), certificate.pem());
        try (RedisProcess process = RedisProcess.start(options.split(" "))) {
            String settings = "redis.url: rediss://:s3cret@127.0.0.1:" + port;
            try (TestRedisClient stranger = TestRedisClient.opening(settings)) {
                assertRejected(stranger);
            }
            System.setProperty(TRUST_STORE, certificate.trustStore().toString());
            System.setProperty(TRUST_STORE_PASSWORD, Certificate.PASSWORD);
            try (TestRedisClient harness = TestRedisClient.open(settings);
                    DistantRedis distant = new DistantRedis(port, Duration.ofMillis(100));
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

    /** A self-signed certificate of 127.0.0.1 with its key, as files for Redis and for Java. */
    private record Certificate(Path pem, Path trustStore) {

        private static final String PASSWORD = "changeit";

        static Certificate create(Path folder) throws Exception {
            Path store = folder.resolve("store.p12"); // Java trusts the certificate of a key, too
            String keytool = System.getProperty("java.home") + "/bin/keytool -genkeypair -alias redis -keyalg EC"
                    + " -dname CN=127.0.0.1 -ext SAN=ip:127.0.0.1 -storetype PKCS12 -storepass " + PASSWORD
                    + " -keystore " + store;
            Process process = new ProcessBuilder(keytool.split(" "))
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("keytool.log").toFile())
                    .start();
            assertThat(process.waitFor()).isZero();
            char[] password = PASSWORD.toCharArray();
            KeyStore created = KeyStore.getInstance(store.toFile(), password);
            String pem = pem("CERTIFICATE", created.getCertificate("redis").getEncoded())
                    + pem("PRIVATE KEY", created.getKey("redis", password).getEncoded());
            return new Certificate(Files.writeString(folder.resolve("redis.pem"), pem), store);
        }

        private static String pem(String type, byte[] content) {
            String text = Base64.getMimeEncoder().encodeToString(content);
            return "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n";
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

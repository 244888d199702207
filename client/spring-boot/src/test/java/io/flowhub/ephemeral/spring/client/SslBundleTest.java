package io.flowhub.ephemeral.spring.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.spring.fixture.LimitServer;
import io.flowhub.ephemeral.spring.fixture.PemCertificate;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.grpc.ServerCredentials;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

@Tag("contract")
@Timeout(120)
class SslBundleTest {

    private static final CheckRateRequest CHECK =
            CheckRateRequest.newBuilder().setUserId("alice").setAction("search").build();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path dir;

    @SuppressWarnings("NullAway.Init")
    private static PemCertificate ofServer;

    @SuppressWarnings("NullAway.Init")
    private static PemCertificate ofClient;

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(EphemeralClientAutoConfiguration.class, SslAutoConfiguration.class))
            .withPropertyValues("ephemeral.client.deadline=20s");

    @BeforeAll
    static void createCertificates() throws Exception {
        ofServer = PemCertificate.create(dir, "server");
        ofClient = PemCertificate.create(dir, "client");
    }

    /** Accepts the certificate of the client only. */
    private static ServerCredentials mutual() throws IOException {
        return TlsServerCredentials.newBuilder()
                .keyManager(ofServer.certificate().toFile(), ofServer.key().toFile())
                .trustManager(ofClient.certificate().toFile())
                .clientAuth(ClientAuth.REQUIRE)
                .build();
    }

    @Test
    void bundleHasTrustAndTheCertificateOfTheClient() throws Exception {
        try (LimitServer server = LimitServer.start(mutual())) {
            application
                    .withPropertyValues(
                            "ephemeral.client.target=" + server.target(),
                            "ephemeral.client.ssl.bundle=ephemeral",
                            "spring.ssl.bundle.pem.ephemeral.truststore.certificate=" + ofServer.certificate(),
                            "spring.ssl.bundle.pem.ephemeral.keystore.certificate=" + ofClient.certificate(),
                            "spring.ssl.bundle.pem.ephemeral.keystore.private-key=" + ofClient.key())
                    .run(context -> assertThat(context.getBean(EphemeralClient.class)
                                    .rateLimits()
                                    .checkRate(CHECK)
                                    .getAllowed())
                            .isTrue());
        }
    }

    @Test
    void filesHaveTrustAndTheCertificateOfTheClient() throws Exception {
        try (LimitServer server = LimitServer.start(mutual())) {
            application
                    .withPropertyValues(
                            "ephemeral.client.target=" + server.target(),
                            "ephemeral.client.ca=" + ofServer.certificate(),
                            "ephemeral.client.certificate=" + ofClient.certificate(),
                            "ephemeral.client.key=" + ofClient.key())
                    .run(context -> assertThat(context.getBean(EphemeralClient.class)
                                    .rateLimits()
                                    .checkRate(CHECK)
                                    .getAllowed())
                            .isTrue());
        }
    }

    @Test
    void reloadedBundleAppliesToTheNextConnection() throws Exception {
        DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry("ephemeral", trusting(ofClient));
        try (LimitServer server = LimitServer.start(mutual())) {
            application
                    .withBean(SslBundles.class, () -> bundles)
                    .withPropertyValues(
                            "ephemeral.client.target=" + server.target(), "ephemeral.client.ssl.bundle=ephemeral")
                    .run(context -> {
                        var rateLimits = context.getBean(EphemeralClient.class).rateLimits();
                        assertThatThrownBy(() -> rateLimits.checkRate(CHECK))
                                .isInstanceOf(StatusRuntimeException.class);

                        bundles.updateBundle("ephemeral", trusting(ofServer));
                        assertThat(rateLimits
                                        .withWaitForReady()
                                        .withDeadlineAfter(Duration.ofSeconds(60))
                                        .checkRate(CHECK)
                                        .getAllowed())
                                .isTrue();
                    });
        }
    }

    private static SslBundle trusting(PemCertificate server) {
        PemSslStoreDetails keys = PemSslStoreDetails.forCertificate(
                        ofClient.certificate().toString())
                .withPrivateKey(ofClient.key().toString());
        PemSslStoreDetails trust =
                PemSslStoreDetails.forCertificate(server.certificate().toString());
        return SslBundle.of(new PemSslStoreBundle(keys, trust));
    }
}

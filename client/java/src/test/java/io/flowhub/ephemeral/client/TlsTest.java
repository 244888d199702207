package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.SampleRequests.CHECK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("contract")
@Timeout(60)
class TlsTest {

    private static final String PASSWORD = "changeit";

    /** The first handshake of a process also loads classes. */
    private static final Duration PATIENT = Duration.ofSeconds(20);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @SuppressWarnings("NullAway.Init")
    private KeyStore selfSigned;

    @BeforeEach
    void makeCertificate() throws Exception {
        Path file = dir.resolve("server.p12");
        String options = "-genkeypair -alias server -keyalg EC -validity 2 -dname CN=localhost -ext SAN=dns:localhost"
                + " -storetype PKCS12 -storepass " + PASSWORD;
        List<String> command = new ArrayList<>(List.of(keytool()));
        command.addAll(List.of(options.split(" ")));
        command.addAll(List.of("-keystore", file.toString()));
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        selfSigned = KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    @Test
    void serverWithATrustedCertificateIsAccepted() throws Exception {
        try (FakeServer server = FakeServer.start(serverCredentials());
                EphemeralClient client = EphemeralClient.builder(server.target())
                        .credentials(trusting())
                        .deadline(PATIENT)
                        .build()) {
            assertThat(client.rateLimits().checkRate(CHECK).getAllowed()).isTrue();
        }
    }

    @Test
    void serverWithAnUnknownCertificateIsRejectedByDefault() throws Exception {
        try (FakeServer server = FakeServer.start(serverCredentials());
                EphemeralClient client = EphemeralClient.builder(server.target())
                        .deadline(PATIENT)
                        .build()) {
            assertThatThrownBy(() -> client.rateLimits().checkRate(CHECK))
                    .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                    .isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(server.calls).hasValue(0);
        }
    }

    private ServerCredentials serverCredentials() throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(selfSigned, PASSWORD.toCharArray());
        return TlsServerCredentials.newBuilder()
                .keyManager(keys.getKeyManagers())
                .build();
    }

    private ChannelCredentials trusting() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", selfSigned.getCertificate("server"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        return TlsChannelCredentials.newBuilder()
                .trustManager(trust.getTrustManagers())
                .build();
    }

    private static String keytool() {
        return Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    }
}

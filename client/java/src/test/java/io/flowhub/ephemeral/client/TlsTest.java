package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.FakeServer.CHECK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.grpc.ChannelCredentials;
import io.grpc.ServerCredentials;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("contract")
@Timeout(60)
class TlsTest {

    private static final String PASSWORD = "changeit";

    @Test
    void onlyAServerWithATrustedCertificateIsAccepted(@TempDir Path dir) throws Exception {
        KeyStore selfSigned = selfSigned(dir);
        byte[] certificate = selfSigned.getCertificate("server").getEncoded();
        byte[] key = selfSigned.getKey("server", PASSWORD.toCharArray()).getEncoded();
        ServerCredentials ofServer =
                TlsServerCredentials.create(pem("CERTIFICATE", certificate), pem("PRIVATE KEY", key));
        ChannelCredentials ofTrusting = TlsChannelCredentials.newBuilder()
                .trustManager(pem("CERTIFICATE", certificate))
                .build();
        try (FakeServer server = FakeServer.start(ofServer);
                EphemeralClient standard = EphemeralClient.builder(server.target())
                        .deadline(Duration.ofSeconds(20)) // The first handshake of a process also loads classes.
                        .build();
                EphemeralClient trusting = FakeServer.patientClient(server.target())
                        .credentials(ofTrusting)
                        .build()) {
            assertThatThrownBy(() -> standard.rateLimits().checkRate(CHECK))
                    .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                    .isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(server.calls).hasValue(0);

            assertThat(trusting.rateLimits().checkRate(CHECK).getAllowed()).isTrue();
        }
    }

    private static KeyStore selfSigned(Path dir) throws Exception {
        Path file = dir.resolve("server.p12");
        String options = "-genkeypair -alias server -keyalg EC -validity 2 -dname CN=localhost -ext SAN=dns:localhost"
                + " -storetype PKCS12 -storepass " + PASSWORD;
        List<String> command = new ArrayList<>(List.of(options.split(" ")));
        command.add(
                0, Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of("-keystore", file.toString()));
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    private static InputStream pem(String type, byte[] encoded) {
        String base64 = Base64.getMimeEncoder().encodeToString(encoded);
        String pem = "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n";
        return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
    }
}

package io.flowhub.ephemeral.client;

import static io.flowhub.ephemeral.client.fixture.FakeServer.CHECK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.SelfSigned;
import io.grpc.ServerCredentials;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("contract")
@Timeout(60)
class TlsTest {

    @Test
    void onlyAServerWithATrustedCertificateIsAccepted(@TempDir Path dir) throws Exception {
        SelfSigned selfSigned = SelfSigned.make(dir);
        ServerCredentials ofServer = TlsServerCredentials.create(in(selfSigned.certificate()), in(selfSigned.key()));
        Path ca = Files.writeString(dir.resolve("ca.crt"), selfSigned.certificate());
        try (FakeServer server = FakeServer.start(ofServer);
                EphemeralClient standard = EphemeralClient.builder(server.target())
                        .deadline(Duration.ofSeconds(20)) // The first handshake of a process also loads classes.
                        .build();
                EphemeralClient trusting = ClientEnvironment.builder(Map.of(
                                // Each name of a list has its own name checked against the certificate.
                                "EPHEMERAL_CLIENT_TARGET",
                                "127.0.0.1:1," + server.target(),
                                "EPHEMERAL_CLIENT_CA",
                                ca.toString()))
                        .deadline(Duration.ofSeconds(20))
                        .build()) {
            assertThatThrownBy(() -> standard.rateLimits().checkRate(CHECK))
                    .extracting(thrown -> Status.fromThrowable(thrown).getCode())
                    .isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(server.calls).hasValue(0);

            assertThat(trusting.rateLimits().checkRate(CHECK).getAllowed()).isTrue();
        }
    }

    private static InputStream in(String pem) {
        return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
    }
}

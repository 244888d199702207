package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.flowhub.ephemeral.client.fixture.SelfSigned;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class ClientEnvironmentTest {

    private static final String TARGET = "EPHEMERAL_CLIENT_TARGET";
    private static final String PLAINTEXT = "EPHEMERAL_CLIENT_PLAINTEXT";
    private static final String CA = "EPHEMERAL_CLIENT_CA";
    private static final String CERTIFICATE = "EPHEMERAL_CLIENT_CERTIFICATE";
    private static final String KEY = "EPHEMERAL_CLIENT_KEY";
    private static final String TOKEN_FILE = "EPHEMERAL_CLIENT_TOKEN_FILE";

    private final Map<String, String> environment = new HashMap<>(Map.of(TARGET, "ephemeral:9090"));

    @TempDir
    Path dir;

    @Test
    void completeEnvironmentMakesAClient() throws Exception {
        SelfSigned selfSigned = SelfSigned.make(dir);
        String certificate = file("tls.crt", selfSigned.certificate());
        environment.putAll(Map.of(
                PLAINTEXT,
                "",
                CA,
                certificate,
                CERTIFICATE,
                certificate,
                KEY,
                file("tls.key", selfSigned.key()),
                TOKEN_FILE,
                file("token", "secret\n")));

        ClientEnvironment.builder(environment).build().close();

        String noKey = file("no.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        for (String file : new String[] {certificate, noKey}) {
            assertRejected(KEY, file, "a PEM file with a key: PKCS #8, not encrypted");
        }
    }

    @Test
    void badValueIsRejectedWithItsNameAndTheRule() throws Exception {
        String noPem = file("no.pem", "no certificate");
        assertRejected(CA, "/missing", "a PEM file with certificates");
        assertRejected(CA, noPem, "a PEM file with certificates");
        for (String target : new String[] {"", "a:1,,b:2", "localhost", "http://localhost:9590", "localhost:99999"}) {
            assertRejected(
                    TARGET,
                    target,
                    "host:port with a port of 1 to 65535, an IPv6 address as [::1]:port, several separated by commas, or"
                            + " a gRPC target such as dns:///host:port");
        }
        assertRejected(PLAINTEXT, "yes", "true or false");
        assertRejected(TOKEN_FILE, "/missing", "a readable file");
        assertRejected(TOKEN_FILE, file("two-lines", "a\nb"), "one line of printable ASCII characters, not empty");
        environment.put(KEY, noPem);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientEnvironment.builder(environment))
                .withMessage(CERTIFICATE + ": \"\" (expected: a PEM file, because the other of the two is set)");
        environment.put(PLAINTEXT, "true");
        assertRejected(KEY, noPem, "unset, because " + PLAINTEXT + " is true");
    }

    @Test
    void tokenIsSentInClearTextOnLoopbackOrByPermissionOnly() throws Exception {
        environment.putAll(Map.of(PLAINTEXT, "true", TOKEN_FILE, file("token", "secret")));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientEnvironment.builder(environment).build())
                .withMessage(TOKEN_FILE + ": in clear text to dns:///ephemeral:9090"
                        + " (expected: TLS, a target on loopback, or allowClearTextToken())");
        environment.put(TARGET, "localhost:9090,ephemeral:9090");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientEnvironment.builder(environment).build());
        ClientEnvironment.builder(environment).allowClearTextToken().build().close();
        environment.put(TARGET, "localhost:9090,127.0.0.1:9090,[::1]:9090");
        ClientEnvironment.builder(environment).build().close();
    }

    private void assertRejected(String name, String value, String rule) {
        Map<String, String> changed = new HashMap<>(environment);
        changed.put(name, value);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientEnvironment.builder(changed))
                .withMessage(name + ": \"" + value + "\" (expected: " + rule + ")");
    }

    private String file(String name, String content) throws Exception {
        return Files.writeString(dir.resolve(name), content).toString();
    }
}

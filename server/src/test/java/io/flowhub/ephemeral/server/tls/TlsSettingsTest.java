package io.flowhub.ephemeral.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.ConfigBuilder;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class TlsSettingsTest {

    @TempDir
    Path folder;

    @BeforeEach
    void files() throws IOException {
        TestCertificate server = TestCertificate.selfSigned("server");
        String key = server.keyPem();
        Files.writeString(folder.resolve("good.crt"), server.certificatePem());
        Files.writeString(folder.resolve("good.key"), key);
        Files.writeString(folder.resolve("good.crl"), server.revocationListPem(Duration.ofDays(1)));
        Files.writeString(
                folder.resolve("other.crl"),
                TestCertificate.selfSigned("server").revocationListPem(Duration.ofDays(1)));
        Files.writeString(
                folder.resolve("both.pem"), "comment\n" + key + server.certificatePem() + server.certificatePem());
        Files.writeString(
                folder.resolve("other.key"), TestCertificate.selfSigned("other").keyPem());
        Files.writeString(folder.resolve("empty"), "");
        Files.writeString(folder.resolve("text"), "no PEM at all");
        Files.writeString(folder.resolve("cut"), key.substring(0, 80));
        Files.writeString(folder.resolve("sec1"), key.replace("PRIVATE KEY", "EC PRIVATE KEY"));
        Files.writeString(folder.resolve("encrypted"), key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
        Files.writeString(folder.resolve("garbage"), """
                -----BEGIN CERTIFICATE-----
                QUJD
                -----END CERTIFICATE-----
                -----BEGIN PRIVATE KEY-----
                QUJD
                -----END PRIVATE KEY-----
                -----BEGIN X509 CRL-----
                QUJD
                -----END X509 CRL-----
                """);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            certificate: @missing, key: @good.key   | tls.certificate: @missing (expected: a readable file)
            certificate: @good.crt, key: @.         | tls.key: @. (expected: a readable file)
            certificate: @empty, key: @good.key     | tls.certificate: @empty is not PEM (expected: -----BEGIN ...)
            certificate: @good.crt, key: @text      | tls.key: @text is not PEM (expected: -----BEGIN ...)
            certificate: @good.crt, key: @cut       | tls.key: @cut has a broken or encrypted PRIVATE KEY (expected: complete
            certificate: @good.crt, key: @sec1      | tls.key: @sec1 has EC PRIVATE KEY (expected: -----BEGIN PRIVATE KEY-----; `openssl pkcs8 -topk8
            certificate: @good.crt, key: @encrypted | tls.key: @encrypted has ENCRYPTED PRIVATE KEY (expected:
            certificate: @good.crt, key: @good.crt  | tls.key: @good.crt has CERTIFICATE (expected: -----BEGIN PRIVATE KEY
            certificate: @good.key, key: @good.key  | tls.certificate: @good.key has PRIVATE KEY (expected: -----BEGIN CERTIFICATE
            certificate: @garbage, key: @good.key   | tls.certificate: @garbage has a broken certificate (expected: X.509)
            certificate: @good.crt, key: @garbage   | tls.key: @garbage has a broken or unknown key (expected: RSA or EC
            certificate: @good.crt, key: @other.key | tls.key: @other.key is not the key of the first certificate in @good.crt (expected:
            certificate: @good.crt                  | tls.certificate: needs tls.key, which is not set
            key: @good.key                          | tls.key: needs tls.certificate, which is not set
            client_auth: required                   | tls.client_auth: needs tls.client_ca, which is not set
            client_auth: optional                   | tls.client_auth: needs tls.certificate, which is not set
            client_auth: maybe                      | tls.client_auth: maybe (expected: one of none, optional, required)
            client_ca: @good.crt                    | tls.client_ca: needs tls.client_auth
            certificate: @good.crt, key: @good.key, client_crl: @good.crl | tls.client_crl: needs tls.client_ca, which is not set
            certificate: @good.crt, key: @good.key, client_ca: @good.crt, client_auth: optional, client_crl: @good.crt | tls.client_crl: @good.crt has CERTIFICATE (expected: -----BEGIN X509 CRL-----)
            certificate: @good.crt, key: @good.key, client_ca: @good.crt, client_auth: optional, client_crl: @garbage | tls.client_crl: @garbage has a broken revocation list (expected: X.509)
            certificate: @good.crt, key: @good.key, client_ca: @good.crt, client_auth: optional, client_crl: @other.crl | tls.client_crl: @other.crl has no list of CN=server (expected: of each authority in tls.client_ca one that it signed
            certificate: @both.pem, key: @both.pem, client_ca: @text, client_auth: optional | tls.client_ca: @text is not PEM
            """)
    void filesThatCannotBeUsedAreReportedWithSettingFileAndRule(String tls, String problem) {
        assertThat(ConfigBuilder.yaml(folder, "tls: {" + named(tls) + "}").rejection())
                .contains(named(problem))
                .doesNotContain("MIG", "QUJD");
    }

    /** The pair has a reload of its own, which may be between its two files. */
    @Test
    void settingsAreReloadedWhileThePairIsBroken() throws ConfigException {
        ConfigBuilder broken =
                ConfigBuilder.yaml(folder, named("tls: {certificate: @good.crt, key: @other.key}\nserver.port: 1"));
        assertThat(broken.settings().get(TlsSettings.GROUP).key()).isEqualTo(folder.resolve("other.key"));
    }

    private String named(String text) {
        return text.replace("@", folder + "/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "10.1.2.3", "localhost.example.com", "127.0.0.1.example.com"})
    void clearTextBeyondLoopbackIsRefusedWithWhatToDo(String host) throws ConfigException {
        assertThat(ConfigBuilder.env("EPHEMERAL_SERVER_HOST", host).rejection())
                .startsWith("server.host: " + host + " is not loopback")
                .contains("tls.certificate and tls.key", "server.insecure: true", "server.host: 127.0.0.1");
        assertThat(ConfigBuilder.env("EPHEMERAL_SERVER_HOST", host)
                        .withEnv("EPHEMERAL_SERVER_INSECURE", "true")
                        .settings()
                        .server()
                        .host())
                .isEqualTo(host);
        assertThat(ConfigBuilder.env("EPHEMERAL_SERVER_HOST", host)
                        .withEnv("EPHEMERAL_TLS_CERTIFICATE", named("@both.pem"))
                        .withEnv("EPHEMERAL_TLS_KEY", named("@both.pem"))
                        .settings()
                        .get(TlsSettings.GROUP)
                        .certificate())
                .isEqualTo(folder.resolve("both.pem"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "localhost", "::1"})
    void loopbackNeedsNoChoice(String host) throws ConfigException {
        assertThat(ConfigBuilder.env("EPHEMERAL_SERVER_HOST", host)
                        .settings()
                        .server()
                        .host())
                .isEqualTo(host);
    }
}

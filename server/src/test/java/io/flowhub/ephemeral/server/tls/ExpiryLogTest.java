package io.flowhub.ephemeral.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class ExpiryLogTest {

    @TempDir
    Path folder;

    @Test
    void firstExpiryOfEachFileIsLoggedWhenLoadedAndNearTheEndAtEachReminder() throws Exception {
        TestCertificate authority = TestCertificate.selfSigned("authority");
        TestCertificate server = authority.issue("server", Duration.ofDays(20));
        Path crl = Files.writeString(
                folder.resolve("crl"),
                authority.revocationListPem(Duration.ofDays(-1)) + authority.revocationListPem(Duration.ofDays(30)));
        List<X509CRL> lists = PemFile.read(crl).revocationLists();
        Instant end = server.certificate().getNotAfter().toInstant();
        Instant endOfCa = authority.certificate().getNotAfter().toInstant();
        Instant endOfList = lists.get(1).getNextUpdate().toInstant();
        AtomicReference<Instant> now = new AtomicReference<>(end.minus(Duration.ofDays(15)));
        ExpiryLog expiry = new ExpiryLog(now::get);
        try (CapturedLog log = CapturedLog.of(ExpiryLog.class)) {
            expiry.loaded(new TlsFiles(
                    List.of(authority.certificate(), server.certificate()),
                    server.key(),
                    List.of(authority.certificate()),
                    lists));
            assertThat(log.messages(Level.INFO))
                    .containsExactly(
                            "tls.certificate: CN=server expires at " + end + ", 15 days from now",
                            "tls.client_ca: CN=authority expires at " + endOfCa + days(now, endOfCa),
                            "tls.client_crl: CN=authority expires at " + endOfList + days(now, endOfList));
            expiry.remind();
            assertThat(log.messages(Level.WARN)).isEmpty();

            now.set(end.minus(Duration.ofDays(13)));
            expiry.remind();
            now.set(end.plus(Duration.ofDays(2)));
            expiry.remind();
            assertThat(log.messages(Level.WARN))
                    .containsExactly(
                            "tls.certificate: CN=server expires at " + end + ", 13 days from now",
                            "tls.certificate: CN=server expired at " + end + ", -2 days from now",
                            "tls.client_ca: CN=authority expires at " + endOfCa + days(now, endOfCa),
                            "tls.client_crl: CN=authority expires at " + endOfList + days(now, endOfList));
        }
    }

    private static String days(AtomicReference<Instant> now, Instant end) {
        return ", " + Duration.between(now.get(), end).toDays() + " days from now";
    }
}

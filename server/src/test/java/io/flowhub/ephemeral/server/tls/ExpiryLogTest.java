package io.flowhub.ephemeral.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import io.flowhub.ephemeral.server.fixture.TestCertificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class ExpiryLogTest {

    @Test
    void firstExpiryOfAChainIsLoggedWhenLoadedAndItsLastTwoWeeksAtEachReminder() {
        TestCertificate authority = TestCertificate.selfSigned("authority");
        TestCertificate server = authority.issue("server", Duration.ofDays(20));
        Instant end = server.certificate().getNotAfter().toInstant();
        AtomicReference<Instant> now = new AtomicReference<>(end.minus(Duration.ofDays(15)));
        ExpiryLog expiry = new ExpiryLog(now::get);
        try (CapturedLog log = CapturedLog.of(ExpiryLog.class)) {
            expiry.loaded(new TlsFiles(
                    List.of(authority.certificate(), server.certificate()),
                    server.key(),
                    List.of(authority.certificate())));
            assertThat(log.messages(Level.INFO))
                    .containsExactly(
                            "tls.certificate: CN=server expires at " + end + ", 15 days from now",
                            "tls.client_ca: CN=authority expires at "
                                    + authority.certificate().getNotAfter().toInstant() + ", 25 days from now");
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
                            "tls.client_ca: CN=authority expires at "
                                    + authority.certificate().getNotAfter().toInstant() + ", 8 days from now");
        }
    }
}

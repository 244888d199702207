package io.flowhub.ephemeral.server.tls;

import io.flowhub.ephemeral.server.config.Setting;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Logs when the certificates in use expire: whenever they are loaded and, near the end, at each reminder. */
final class ExpiryLog {

    private static final Logger log = LoggerFactory.getLogger(ExpiryLog.class);

    private static final Duration NEAR = Duration.ofDays(14);

    private final InstantSource clock;
    private volatile @Nullable TlsFiles files;

    ExpiryLog(InstantSource clock) {
        this.clock = clock;
    }

    void loaded(TlsFiles loaded) {
        files = loaded;
        log(true);
    }

    void remind() {
        log(false);
    }

    private void log(boolean always) {
        TlsFiles present = Objects.requireNonNull(files);
        log(TlsSettings.CERTIFICATE, present.chain(), always);
        log(TlsSettings.CLIENT_CA, present.clientCas(), always);
    }

    private void log(Setting<Path> setting, List<X509Certificate> certificates, boolean always) {
        certificates.stream()
                .min(Comparator.comparing(X509Certificate::getNotAfter))
                .ifPresent(first -> {
                    Instant end = first.getNotAfter().toInstant();
                    Duration left = Duration.between(clock.instant(), end);
                    boolean near = left.compareTo(NEAR) < 0;
                    if (near || always) {
                        log.atLevel(near ? Level.WARN : Level.INFO)
                                .log(
                                        "{}: {} {} at {}, {} days from now",
                                        setting.name(),
                                        first.getSubjectX500Principal().getName(),
                                        left.isNegative() ? "expired" : "expires",
                                        end,
                                        left.toDays());
                    }
                });
    }
}

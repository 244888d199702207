package io.flowhub.ephemeral.server.tls;

import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.event.LogEvent;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs when the files in use expire: whenever they are loaded and, near the end, at each reminder. */
final class ExpiryLog {

    private static final Logger log = LoggerFactory.getLogger(ExpiryLog.class);
    private static final String MESSAGE = "{setting}: {subject} {expires} at {time}, {days} days from now";
    private static final LogEvent EXPIRY = LogEvent.info("tls_expiry", MESSAGE);
    private static final LogEvent NEAR_EXPIRY = LogEvent.warn("tls_expires_soon", MESSAGE);

    private static final Duration NEAR = Duration.ofDays(14);

    private final InstantSource clock;
    private volatile @Nullable TlsFiles files;

    /** @param near before the end */
    private record Expiry(X500Principal subject, Instant end, Duration near) {

        static Expiry of(X509Certificate certificate) {
            return new Expiry(
                    certificate.getSubjectX500Principal(),
                    certificate.getNotAfter().toInstant(),
                    NEAR);
        }

        /** Lists live for days or hours: near is the last third of that. */
        static Expiry of(X509CRL list) {
            Instant end = list.getNextUpdate().toInstant();
            Duration life = Duration.between(list.getThisUpdate().toInstant(), end);
            return new Expiry(list.getIssuerX500Principal(), end, life.dividedBy(3));
        }
    }

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

    /** When the first certificate or list of each file expires, by setting. */
    Map<String, Instant> ends() {
        Map<String, Instant> ends = new LinkedHashMap<>();
        forEach((setting, first) -> ends.put(setting.name(), first.end()));
        return ends;
    }

    private void log(boolean always) {
        forEach((setting, first) -> log(setting, first, always));
    }

    private void forEach(BiConsumer<Setting<Path>, Expiry> first) {
        TlsFiles present = Objects.requireNonNull(files);
        first(TlsSettings.CERTIFICATE, present.chain().stream().map(Expiry::of), first);
        first(TlsSettings.CLIENT_CA, present.clientCas().stream().map(Expiry::of), first);
        first(TlsSettings.CLIENT_CRL, latest(present.clientCrls()), first);
    }

    private static void first(
            Setting<Path> setting, Stream<Expiry> expiries, BiConsumer<Setting<Path>, Expiry> action) {
        expiries.min(Comparator.comparing(Expiry::end)).ifPresent(first -> action.accept(setting, first));
    }

    /** Of several lists of one authority the last one counts. */
    private static Stream<Expiry> latest(List<X509CRL> lists) {
        return lists.stream()
                .filter(list -> list.getNextUpdate() != null)
                .map(Expiry::of)
                .collect(Collectors.toMap(
                        Expiry::subject, expiry -> expiry, BinaryOperator.maxBy(Comparator.comparing(Expiry::end))))
                .values()
                .stream();
    }

    private void log(Setting<Path> setting, Expiry first, boolean always) {
        Duration left = Duration.between(clock.instant(), first.end());
        boolean near = left.compareTo(first.near()) < 0;
        if (near || always) {
            (near ? NEAR_EXPIRY : EXPIRY)
                    .log(
                            log,
                            setting.name(),
                            first.subject().getName(),
                            left.isNegative() ? "expired" : "expires",
                            first.end(),
                            left.toDays());
        }
    }
}

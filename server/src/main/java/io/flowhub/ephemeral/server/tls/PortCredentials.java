package io.flowhub.ephemeral.server.tls;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.config.FileWatch;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.ReloadMetrics;
import io.grpc.InsecureServerCredentials;
import io.grpc.ServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettySslContextServerCredentials;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.util.AdvancedTlsX509KeyManager;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials of the gRPC port. When their files change, new connections use the new content, and open ones go on with
 * what they have. Files that cannot be used change nothing.
 */
public final class PortCredentials implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PortCredentials.class);
    private static final LogEvent RELOADED =
            LogEvent.info("tls_reloaded", "Reloaded the files of TLS; open connections keep what they have");
    private static final LogEvent REJECTED =
            LogEvent.error("tls_rejected", "Rejected the changed files of TLS: {problem}; keeping the previous ones");

    private static final Duration EXPIRY_REMINDER = Duration.ofDays(1);

    private final ServerCredentials credentials;
    private final Supplier<Map<String, Instant>> expiries;
    private final Runnable close;

    /** Reports what {@link #open} would reject in the files. */
    public static void check(TlsSettings settings, Problems problems) {
        try {
            if (settings.certificate() != null) {
                TlsFiles.read(settings);
            }
        } catch (IllegalArgumentException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Loads the files and begins to watch them.
     *
     * @throws IOException if they have become unusable since the configuration was checked
     */
    public static PortCredentials open(TlsSettings settings, InstantSource clock, ReloadMetrics reloads)
            throws IOException {
        return settings.certificate() == null
                ? new PortCredentials(InsecureServerCredentials.create(), Map::of, () -> {})
                : watched(settings, new ExpiryLog(clock), reloads.of("tls"));
    }

    private static PortCredentials watched(
            TlsSettings settings, ExpiryLog expiry, EnumCounter<ReloadMetrics.Result> reloads) throws IOException {
        FileWatch watch = FileWatch.of(TlsFiles.of(settings));
        try {
            AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
            ClientTrust clients = new ClientTrust();
            load(settings, keys, clients, expiry);
            ServerCredentials credentials = credentials(settings, keys, clients);
            DaemonScheduler scheduler = new DaemonScheduler("tls-files");
            watch.start(scheduler, () -> reloads.count(reload(settings, keys, clients, expiry)));
            scheduler.runEvery(EXPIRY_REMINDER, expiry::remind);
            return new PortCredentials(credentials, expiry::ends, scheduler::shutdownNow);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("TLS: " + e.getMessage(), e);
        }
    }

    private static ServerCredentials credentials(
            TlsSettings settings, AdvancedTlsX509KeyManager keys, ClientTrust clients) throws IOException {
        SslContextBuilder builder = GrpcSslContexts.configure(SslContextBuilder.forServer(keys))
                .protocols("TLSv1.3", "TLSv1.2")
                .clientAuth(
                        switch (settings.clientAuth()) {
                            case NONE -> ClientAuth.NONE;
                            case OPTIONAL -> ClientAuth.OPTIONAL;
                            case REQUIRED -> ClientAuth.REQUIRE;
                        });
        if (settings.clientCa() != null) {
            builder.trustManager(clients);
        }
        return NettySslContextServerCredentials.create(new NoResumption(builder.build()));
    }

    private static void load(
            TlsSettings settings, AdvancedTlsX509KeyManager keys, ClientTrust clients, ExpiryLog expiry)
            throws GeneralSecurityException, IOException {
        TlsFiles files = TlsFiles.read(settings);
        if (!files.clientCas().isEmpty()) {
            clients.use(files);
        }
        keys.updateIdentityCredentials(files.chain().toArray(new X509Certificate[0]), files.key());
        expiry.loaded(files);
    }

    private static ReloadMetrics.Result reload(
            TlsSettings settings, AdvancedTlsX509KeyManager keys, ClientTrust clients, ExpiryLog expiry) {
        try {
            load(settings, keys, clients, expiry);
            RELOADED.log(log);
            return ReloadMetrics.Result.APPLIED;
        } catch (GeneralSecurityException | IOException | IllegalArgumentException e) {
            REJECTED.log(log, e.getMessage());
            return ReloadMetrics.Result.REJECTED;
        }
    }

    private PortCredentials(ServerCredentials credentials, Supplier<Map<String, Instant>> expiries, Runnable close) {
        this.credentials = credentials;
        this.expiries = expiries;
        this.close = close;
    }

    /** What the port listens with. */
    public ServerCredentials credentials() {
        return credentials;
    }

    /** Whether the port has TLS. */
    public boolean encrypt() {
        return !(credentials instanceof InsecureServerCredentials);
    }

    /** When the files in use expire, by setting. */
    public Map<String, Instant> expiries() {
        return expiries.get();
    }

    /** Ends the watch. */
    @Override
    public void close() {
        close.run();
    }
}

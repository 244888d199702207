package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.config.RedisSettings.Endpoint;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.config.RedisSettings.Tls;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.tls.PemFile;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS of the connections to Redis. Redisson reads no PEM and knows no other name than the host. The files are read for each
 * connection, so that a changed one counts from the next connection on; files that cannot be used change nothing.
 */
final class RedisTls {

    private static final Logger log = LoggerFactory.getLogger(RedisTls.class);
    private static final LogEvent REJECTED =
            LogEvent.warn("redis_tls_rejected", "{problem}; using what was read before");

    private final Tls settings;
    private volatile SslContext context;
    private volatile Map<String, Instant> expiries;
    private final AtomicReference<@Nullable String> rejected = new AtomicReference<>();

    /**
     * Null where Redisson makes the connections as it is configured.
     *
     * @throws IOException if a file cannot be used
     */
    static @Nullable RedisTls of(Endpoint endpoint) throws IOException {
        return endpoint instanceof Remote remote && remote.tls() != null ? new RedisTls(remote.tls()) : null;
    }

    private RedisTls(Tls settings) throws IOException {
        this.settings = settings;
        this.context = read(settings);
        this.expiries = readExpiries(settings);
    }

    private static SslContext read(Tls settings) throws IOException {
        try {
            return SslContextBuilder.forClient()
                    .trustManager(file(settings.ca()))
                    .keyManager(file(settings.certificate()), file(settings.key()))
                    .endpointIdentificationAlgorithm("HTTPS")
                    .build();
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(
                    "TLS of Redis: " + e.getMessage() + " (expected: PEM; a key in PKCS #8, not encrypted)", e);
        }
    }

    private static Map<String, Instant> readExpiries(Tls settings) {
        Map<String, Instant> expiries = new LinkedHashMap<>();
        readExpiry(RedisSettings.TLS_CA, settings.ca(), expiries);
        readExpiry(RedisSettings.TLS_CERTIFICATE, settings.certificate(), expiries);
        return expiries;
    }

    private static void readExpiry(Setting<Path> setting, @Nullable Path file, Map<String, Instant> expiries) {
        if (file != null) {
            try {
                PemFile.read(file).certificates().stream()
                        .map(certificate -> certificate.getNotAfter().toInstant())
                        .min(Comparator.naturalOrder())
                        .ifPresent(end -> expiries.put(setting.name(), end));
            } catch (IllegalArgumentException e) {
                // Netty has accepted it: unusual, or replaced since.
            }
        }
    }

    /** When the files in use expire, by setting. */
    Map<String, Instant> expiries() {
        return expiries;
    }

    private static @Nullable File file(@Nullable Path path) {
        return path == null ? null : path.toFile();
    }

    /** Reports what {@link #of} would reject in the files. */
    static void check(Endpoint endpoint, Problems problems) {
        try {
            var unused = of(endpoint);
        } catch (IOException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
    }

    /** Replaces the handler that Redisson added to a new connection. */
    void replace(SslHandler redissons, String name, Channel channel) {
        try {
            context = read(settings);
            expiries = readExpiries(settings);
            rejected.set(null);
        } catch (IOException e) {
            if (!Objects.equals(e.getMessage(), rejected.getAndSet(e.getMessage()))) { // not for each connection
                REJECTED.log(log, e.getMessage());
            }
        }
        SSLEngine engine = redissons.engine();
        String host = Objects.requireNonNullElse(settings.serverName(), engine.getPeerHost());
        // A handler that is removed reports a failed handshake, which Redisson would take for one of this connection.
        ChannelInboundHandlerAdapter silencer = new Silencer();
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addAfter(name, null, silencer);
        pipeline.replace(redissons, name, context.newHandler(channel.alloc(), host, engine.getPeerPort()));
        pipeline.remove(silencer);
    }

    private static final class Silencer extends ChannelInboundHandlerAdapter {

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            // Ends here.
        }
    }
}

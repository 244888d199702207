package io.flowhub.ephemeral.server.admin;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The metrics of the process as a whole. Each is read when it is scraped, and costs nothing before. */
final class ServerMetrics {

    private static final PrometheusTextFormatWriter FORMAT = PrometheusTextFormatWriter.create();

    private final PrometheusRegistry registry;
    private boolean jvmIsRegistered;

    /**
     * Registers them.
     *
     * @param tlsExpiries when the files of TLS expire, by setting
     */
    ServerMetrics(PrometheusRegistry registry, BooleanSupplier ready, Supplier<Map<String, Instant>> tlsExpiries) {
        this.registry = registry;
        Info.builder()
                .name("ephemeral_build_info")
                .help("1, with the version of the server and of Java")
                .labelNames("version", "java")
                .register(registry)
                .setLabelValues(BuildVersion.get(), Runtime.version().toString());
        GaugeWithCallback.builder()
                .name("ephemeral_ready")
                .help("1 while the server is ready, as /readyz and the health of readiness; otherwise 0")
                .callback(gauge -> gauge.call(ready.getAsBoolean() ? 1 : 0))
                .register(registry);
        GaugeWithCallback.builder()
                .name("ephemeral_tls_expiry_timestamp_seconds")
                .help("Unix time at which the first certificate or revocation list in the file of this setting expires")
                .labelNames("setting")
                .callback(gauge ->
                        tlsExpiries.get().forEach((setting, end) -> gauge.call((double) end.getEpochSecond(), setting)))
                .register(registry);
    }

    /** The beans of the JVM need hundreds of classes, which the first scrape can wait for and the first call cannot. */
    private synchronized void registerJvm() {
        if (!jvmIsRegistered) {
            jvmIsRegistered = true;
            JvmMetrics.builder().register(registry);
        }
    }

    Page page() {
        registerJvm();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            FORMAT.write(text, registry.scrape());
        } catch (IOException e) { // of a stream in memory
            throw new UncheckedIOException(e);
        }
        return new Page(Page.OK, FORMAT.getContentType(), text.toString(StandardCharsets.UTF_8));
    }
}

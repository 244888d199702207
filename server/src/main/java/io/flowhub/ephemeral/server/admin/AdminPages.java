package io.flowhub.ephemeral.server.admin;

import io.flowhub.ephemeral.server.config.Configuration;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What the HTTP listener serves. Nothing there changes the server. */
public final class AdminPages {

    /**
     * Returns the pages by path.
     *
     * @param metrics of the features
     * @param ready whether the server should receive calls, as the health of readiness
     * @param tlsExpiries when the files of TLS expire, by setting
     * @param settings in force, without the secrets
     * @param events the latest events of the log, as JSON
     */
    public static Map<String, Supplier<Page>> of(
            PrometheusRegistry metrics,
            BooleanSupplier ready,
            Supplier<Map<String, Instant>> tlsExpiries,
            Supplier<List<Configuration.InForce>> settings,
            Supplier<String> events) {
        Map<String, Supplier<Page>> pages = new TreeMap<>();
        Console.pages().forEach((path, page) -> pages.put(path, () -> page));
        pages.put("/events", () -> Page.json(events.get()));
        pages.put("/livez", () -> Page.text(Page.OK, "live"));
        pages.put(
                "/readyz",
                () -> ready.getAsBoolean() ? Page.text(Page.OK, "ready") : Page.text(Page.UNAVAILABLE, "not ready"));
        pages.put("/config", () -> ConfigurationPage.of(settings.get()));
        pages.put("/version", AdminPages::version);
        pages.put("/metrics", new ServerMetrics(metrics, ready, tlsExpiries)::page);
        return pages;
    }

    private static Page version() {
        return Page.json("{\"version\": \"" + BuildVersion.get() + "\", \"java\": \"" + Runtime.version() + "\"}");
    }

    private AdminPages() {}
}

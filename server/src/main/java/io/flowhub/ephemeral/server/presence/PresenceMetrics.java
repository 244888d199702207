package io.flowhub.ephemeral.server.presence;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;

/** Counts heartbeats, and measures how late the end of heartbeats is found. */
final class PresenceMetrics {

    private static final double[] DELAY_BOUNDS_SECONDS = {0.1, 0.25, 0.5, 1, 2, 5, 10};

    private final PrometheusRegistry registry;
    private final CounterDataPoint extended;
    private final CounterDataPoint cameOnline;
    private final DistributionDataPoint offlineDelay;

    PresenceMetrics(PrometheusRegistry registry) {
        this.registry = registry;
        Counter heartbeats = Metrics.counter(
                registry,
                "ephemeral_presence_heartbeats_total",
                "Accepted heartbeats, by whether they brought the user online",
                "result");
        this.extended = heartbeats.labelValues("extended");
        this.cameOnline = heartbeats.labelValues("came_online");
        this.offlineDelay = Metrics.histogram(
                        registry,
                        "ephemeral_presence_offline_delay_seconds",
                        "From the time at which a user without heartbeats expired to when this server announced it, by the"
                                + " clock of Redis",
                        DELAY_BOUNDS_SECONDS)
                .labelValues();
    }

    void onExtended(long heartbeats) {
        extended.inc(heartbeats);
    }

    void onMarkedOnline(boolean isTransition) {
        (isTransition ? cameOnline : extended).inc();
    }

    void onAnnouncedOffline(Duration sinceExpiry) {
        offlineDelay.observe(sinceExpiry.toNanos() / 1e9);
    }

    void register(OnlineCount online) {
        GaugeWithCallback.builder()
                .name("ephemeral_presence_users_online")
                .help(
                        "Users that are online in Redis, the same at all servers, as counted by the scrape before; counted at most"
                                + " every 10 s, and absent while Redis is unavailable")
                .callback(gauge -> online.read().ifPresent(gauge::call))
                .register(registry);
    }
}

package io.flowhub.ephemeral.server.fanout;

import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/** The metrics of the streams of all features, by feature. */
public final class FanoutMetrics {

    private final Counter events;
    private final Map<String, IntSupplier> watchedIds = new ConcurrentHashMap<>();

    /** Registers them. To be created once. */
    public FanoutMetrics(PrometheusRegistry registry) {
        this.events = Metrics.counter(
                registry,
                "ephemeral_stream_events_total",
                "Events of streams: sent counts all of them, dropped the messages that a full stream lost",
                "feature",
                "event");
        GaugeWithCallback.builder()
                .name("ephemeral_watched_ids")
                .help("Distinct users or rooms that the streams of this server watch")
                .labelNames("feature")
                .callback(gauge -> watchedIds.forEach((feature, ids) -> gauge.call(ids.getAsInt(), feature)))
                .register(registry);
    }

    /** The events of the streams of a feature without topics. */
    public EnumCounter<StreamEvent> of(String feature) {
        return EnumCounter.of(events, StreamEvent.class, feature);
    }

    EnumCounter<StreamEvent> of(String feature, IntSupplier ids) {
        watchedIds.put(feature, ids);
        return of(feature);
    }
}

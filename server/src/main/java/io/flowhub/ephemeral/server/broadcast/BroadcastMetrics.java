package io.flowhub.ephemeral.server.broadcast;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the messages between this server and the channel in Redis. */
final class BroadcastMetrics {

    private final CounterDataPoint published;
    private final CounterDataPoint received;
    private final CounterDataPoint lost;

    BroadcastMetrics(PrometheusRegistry registry) {
        this.published = counter(
                registry, "ephemeral_broadcast_published_total", "Messages that this server published to Redis");
        this.received = counter(
                registry,
                "ephemeral_broadcast_received_total",
                "Messages that this server received from Redis, of all servers and rooms");
        this.lost = counter(
                registry,
                "ephemeral_broadcast_lost_total",
                "Messages, and probes between servers, that were published and did not arrive at this server");
    }

    private static CounterDataPoint counter(PrometheusRegistry registry, String name, String help) {
        Counter counter = Metrics.counter(registry, name, help);
        return counter.labelValues();
    }

    void onPublished() {
        published.inc();
    }

    void onReceived() {
        received.inc();
    }

    void onLost(long numbers) {
        lost.inc(numbers);
    }
}

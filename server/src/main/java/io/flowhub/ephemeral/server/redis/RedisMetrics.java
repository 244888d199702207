package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** The metrics of the connection to Redis. Each is read when it is scraped, and none sends a command. */
final class RedisMetrics {

    /**
     * Registers them.
     *
     * @param longestQueue the queued calls of the script and master that have most
     * @param maxQueued of one script and master
     */
    static void register(
            PrometheusRegistry registry,
            Availability availability,
            ConnectionHook connections,
            LongSupplier longestQueue,
            int maxQueued) {
        Metrics.gauge(
                registry,
                "ephemeral_redis_available",
                "1 while Redis is available, as far as this server knows; otherwise 0",
                () -> availability.isUp() ? 1 : 0);
        availability.addListener(countingOutages(availability, registry));
        Metrics.counter(
                registry,
                "ephemeral_redis_commands_total",
                "Commands that were sent to Redis, also those of the client library",
                connections::commands);
        Metrics.counter(
                registry,
                "ephemeral_redis_reconnects_total",
                "Connections to Redis that were lost, and that the client library opens again",
                connections::lost);
        Metrics.gauge(
                registry,
                "ephemeral_redis_queued_calls",
                "Calls in the longest queue for Redis; each script has a queue for each master",
                longestQueue::getAsLong);
        Metrics.gauge(
                registry,
                "ephemeral_redis_queue_max_calls",
                "Calls that one queue may have: redis.max_queued_calls",
                () -> maxQueued);
    }

    private static Consumer<Boolean> countingOutages(Availability availability, PrometheusRegistry registry) {
        Counter outages = Metrics.counter(
                registry, "ephemeral_redis_outages_total", "How often Redis became unavailable, by cause", "cause");
        return new Consumer<>() {

            private boolean wasUp;

            @Override
            public void accept(Boolean up) {
                if (wasUp && !up) {
                    outages.labelValues(availability.cause().label()).inc();
                }
                wasUp = up;
            }
        };
    }

    private RedisMetrics() {}
}

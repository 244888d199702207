package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The metrics of the connection to Redis. Each is read when it is scraped, and none sends a command. */
final class RedisMetrics {

    private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    /**
     * Registers them.
     *
     * @param roundTrip to the most distant master
     * @param longestQueue the queued calls of the script and master that have most
     * @param maxQueued of one script and master
     */
    static void register(
            PrometheusRegistry registry,
            Availability availability,
            ConnectionHook connections,
            Supplier<Duration> roundTrip,
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
                "ephemeral_redis_round_trip_seconds",
                "Round trip to Redis, to its most distant master: the shortest of the last 10 to 20 s, in seconds",
                () -> roundTrip.get().toNanos() / NANOS_PER_SECOND);
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

package io.flowhub.ephemeral.server.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Registers metrics without exemplars, which cost more than the counting itself. What can be read is read when it is
 * scraped, and costs nothing before. The values of labels are from code or configuration, never from a request.
 */
public final class Metrics {

    /** Counts events; its data points are to be resolved once, not by event. */
    public static Counter counter(PrometheusRegistry registry, String name, String help, String... labels) {
        return Counter.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .withoutExemplars()
                .register(registry);
    }

    /** A counter that exists elsewhere. */
    public static void counter(PrometheusRegistry registry, String name, String help, LongSupplier value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(counter -> counter.call((double) value.getAsLong()))
                .register(registry);
    }

    /** A value that is read when it is scraped. */
    public static void gauge(PrometheusRegistry registry, String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(gauge -> gauge.call(value.getAsDouble()))
                .register(registry);
    }

    /** A value by label that goes up and down with events. */
    public static Gauge gauge(PrometheusRegistry registry, String name, String help, String... labels) {
        return Gauge.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .withoutExemplars()
                .register(registry);
    }

    /**
     * Observes times or sizes.
     *
     * @param bounds of the buckets; each is a series, of each data point
     */
    public static Histogram histogram(
            PrometheusRegistry registry, String name, String help, double[] bounds, String... labels) {
        Histogram histogram = histogram(name, help, bounds, labels);
        registry.register(histogram);
        return histogram;
    }

    /** A histogram that is registered later. */
    public static Histogram histogram(String name, String help, double[] bounds, String... labels) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .labelNames(labels)
                .classicOnly()
                .classicUpperBounds(bounds)
                .withoutExemplars()
                .build();
    }

    private Metrics() {}
}

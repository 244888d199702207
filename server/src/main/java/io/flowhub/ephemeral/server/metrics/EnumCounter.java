package io.flowhub.ephemeral.server.metrics;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * A counter by the constants of an enum, which are the values of its last label, in lower case. The data points exist from
 * the beginning, at 0: counting creates nothing, and a rate includes the first event.
 */
public final class EnumCounter<E extends Enum<E>> {

    private final Map<E, CounterDataPoint> points;

    private EnumCounter(Map<E, CounterDataPoint> points) {
        this.points = points;
    }

    /**
     * Returns the counter of these events.
     *
     * @param others the values of the labels before the last one
     */
    public static <E extends Enum<E>> EnumCounter<E> of(Counter counter, Class<E> events, String... others) {
        Map<E, CounterDataPoint> points = new EnumMap<>(events);
        for (E event : events.getEnumConstants()) {
            String[] labels = Arrays.copyOf(others, others.length + 1);
            labels[others.length] = event.name().toLowerCase(Locale.ROOT);
            points.put(event, counter.labelValues(labels));
        }
        return new EnumCounter<>(points);
    }

    public void count(E event) {
        count(event, 1);
    }

    public void count(E event, long times) {
        Objects.requireNonNull(points.get(event)).inc(times);
    }
}

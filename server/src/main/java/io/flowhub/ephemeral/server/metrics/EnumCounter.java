package io.flowhub.ephemeral.server.metrics;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.Arrays;
import java.util.Locale;

/**
 * A counter by the constants of an enum, as its last label in lower case. The data points exist from the beginning, at 0:
 * counting looks up nothing, and a rate sees the first event.
 */
public final class EnumCounter<E extends Enum<E>> {

    private final CounterDataPoint[] points;

    private EnumCounter(CounterDataPoint[] points) {
        this.points = points;
    }

    /** @param others the values of the labels before the last one */
    public static <E extends Enum<E>> EnumCounter<E> of(Counter counter, Class<E> type, String... others) {
        E[] constants = type.getEnumConstants();
        CounterDataPoint[] points = new CounterDataPoint[constants.length];
        String[] values = Arrays.copyOf(others, others.length + 1);
        for (E constant : constants) {
            values[others.length] = constant.name().toLowerCase(Locale.ROOT);
            points[constant.ordinal()] = counter.labelValues(values.clone());
        }
        return new EnumCounter<>(points);
    }

    public void count(E event) {
        points[event.ordinal()].inc();
    }

    public void count(E event, long times) {
        points[event.ordinal()].inc(times);
    }
}

package io.flowhub.ephemeral.server.metrics;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters with a name that another product gave them, without the suffix {@code _total}: dashboards that were made for it
 * find them. The format knows counters only with that suffix, so these have no type.
 */
public final class UntypedCounters implements Collector {

    private final String name;
    private final String help;
    private final List<String> labelNames;
    private final Map<List<String>, LongAdder> counters = new ConcurrentHashMap<>();

    public UntypedCounters(PrometheusRegistry registry, String name, String help, String... labelNames) {
        this.name = name;
        this.help = help;
        this.labelNames = List.of(labelNames);
        registry.register(this);
    }

    /** Returns the counter of these labels, which is a series from now on. */
    public LongAdder of(String... labelValues) {
        return counters.computeIfAbsent(List.of(labelValues), labels -> new LongAdder());
    }

    @Override
    public MetricFamilyDescriptor getMetricFamilyDescriptor() {
        return MetricFamilyDescriptor.of(MetricType.UNKNOWN, new MetricMetadata(name, help), labelNames);
    }

    @Override
    public MetricSnapshot collect() {
        UnknownSnapshot.Builder snapshot = UnknownSnapshot.builder().name(name).help(help);
        counters.forEach((labels, counter) -> snapshot.dataPoint(UnknownDataPointSnapshot.builder()
                .labels(Labels.of(labelNames, labels))
                .value((double) counter.sum())
                .build()));
        return snapshot.build();
    }
}

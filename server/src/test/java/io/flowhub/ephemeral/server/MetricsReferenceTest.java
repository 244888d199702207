package io.flowhub.ephemeral.server;

import io.flowhub.ephemeral.server.fixture.FreePorts;
import io.flowhub.ephemeral.server.fixture.ReferencePage;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.TestServer;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of {@code docs/reference/metrics.md}. */
@Tag("contract")
class MetricsReferenceTest {

    /** Remembers what was registered: a page of metrics shows no label before its first value. */
    private static final class Recorder extends PrometheusRegistry {

        private final List<MetricFamilyDescriptor> registered = new ArrayList<>();

        @Override
        public void register(Collector collector) {
            super.register(collector);
            registered.add(collector.getMetricFamilyDescriptor());
        }
    }

    @TempDir
    Path rules;

    @Test
    @SuppressWarnings("try") // the server only starts
    void listsEveryMetricOfARunningServer() throws IOException {
        Recorder registry = new Recorder();
        Files.writeString(rules.resolve("rules.yaml"), "domain: edge\n");
        String settings =
                "redis.url: " + TestRedis.url() + "\nadmin.port: " + FreePorts.next() + "\nrls.config: " + rules;
        try (Server server = Server.start(TestServer.configuration(settings), registry)) {
            String rows = registry.registered.stream()
                    .filter(metric -> !name(metric).matches("(jvm|process)_.*"))
                    .sorted(Comparator.comparing(MetricsReferenceTest::name))
                    .map(MetricsReferenceTest::row)
                    .collect(Collectors.joining());
            ReferencePage.assertTable("metrics.md", "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n" + rows);
        }
    }

    private static String name(MetricFamilyDescriptor metric) {
        String name = metric.getPrometheusName();
        return switch (metric.getType()) {
            case COUNTER -> name + "_total";
            case INFO -> name + "_info";
            default -> name;
        };
    }

    private static String row(MetricFamilyDescriptor metric) {
        String type = metric.getType() == MetricType.INFO
                ? "gauge"
                : metric.getType().name().toLowerCase(Locale.ROOT);
        String labels = metric.getLabelNames().stream()
                .sorted()
                .map(label -> "`" + label + "`")
                .collect(Collectors.joining(", "));
        return "| `%s` | %s | %s | %s |\n"
                .formatted(name(metric), type, labels, metric.getMetadata().getHelp());
    }
}

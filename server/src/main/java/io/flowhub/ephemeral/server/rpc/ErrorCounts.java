package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.v1.ErrorReason;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** How many calls, and items of requests, ended with each reason since this process started: of all servers in it. */
final class ErrorCounts {

    private static final Map<ErrorReason, LongAdder> COUNTS = new EnumMap<>(ErrorReason.class);

    static {
        for (ErrorReason reason : ErrorReason.values()) {
            COUNTS.put(reason, new LongAdder());
        }
    }

    static void count(ErrorReason reason, int times) {
        Objects.requireNonNull(COUNTS.get(reason)).add(times);
    }

    /** Registers a metric with the reasons that there were. */
    static void register(PrometheusRegistry registry) {
        CounterWithCallback.builder()
                .name("ephemeral_errors_total")
                .help("Calls, and items of batches and frames, that ended with this reason of the error reference")
                .labelNames("reason")
                .callback(counter -> COUNTS.forEach((reason, count) -> {
                    if (count.sum() > 0) {
                        counter.call((double) count.sum(), reason.name());
                    }
                }))
                .register(registry);
    }

    private ErrorCounts() {}
}

package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** Counts and measures script calls, each of which carries a batch of calls. */
final class ScriptMetrics {

    /** A script call ends within 600 ms unless Redis is overloaded. */
    private static final double[] SECONDS = {0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6};

    private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final LongAdder calls = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder ended = new LongAdder();
    private final LongAdder loads = new LongAdder();
    private final Histogram seconds = Metrics.histogram(
            "ephemeral_redis_script_duration_seconds",
            "Time from sending a script call to its reply, or to its timeout, in seconds",
            SECONDS);

    /** @param batch how many calls the script call carries */
    void onSent(int batch) {
        sent.increment();
        calls.add(batch);
    }

    void onEnded(long nanos) {
        ended.increment();
        seconds.observe(nanos / NANOS_PER_SECOND);
    }

    /** Redis did not have the script. */
    void onLoad() {
        loads.increment();
    }

    void register(PrometheusRegistry registry) {
        Metrics.counter(
                registry,
                "ephemeral_redis_script_calls_total",
                "Calls that were sent to Redis: divided by the batches, the size of a batch",
                calls::sum);
        Metrics.counter(
                registry,
                "ephemeral_redis_batches_total",
                "Script calls that were sent to Redis, with one or more calls each",
                sent::sum);
        Metrics.counter(
                registry,
                "ephemeral_redis_script_loads_total",
                "Scripts that were sent as source because Redis did not have them",
                loads::sum);
        Metrics.gauge(
                registry,
                "ephemeral_redis_scripts_in_flight",
                "Script calls that wait for a reply",
                () -> Math.max(0, sent.sum() - ended.sum()));
        registry.register(seconds);
    }
}

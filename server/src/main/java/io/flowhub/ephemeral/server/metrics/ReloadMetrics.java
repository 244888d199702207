package io.flowhub.ephemeral.server.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts how often changed files were reloaded while the server runs. */
public final class ReloadMetrics {

    /** What became of a changed file. */
    public enum Result {
        APPLIED,
        REJECTED
    }

    private final Counter reloads;

    public ReloadMetrics(PrometheusRegistry registry) {
        this.reloads = Metrics.counter(
                registry,
                "ephemeral_config_reloads_total",
                "Changed files that were reloaded (applied), or were not valid and changed nothing (rejected)",
                "file",
                "result");
    }

    /** The reloads of one file: config, callers, tls or rls. */
    public EnumCounter<Result> of(String file) {
        return EnumCounter.of(reloads, Result.class, file);
    }
}

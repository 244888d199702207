package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.ReloadMetrics.Result;
import io.flowhub.ephemeral.server.metrics.UntypedCounters;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.concurrent.atomic.LongAdder;

/** Counts how often the rules were read, also under the names that Envoy's rate limit service uses. */
final class RuleLoads {

    private final LongAdder successes;
    private final LongAdder errors;
    private final EnumCounter<Result> reloads;

    RuleLoads(PrometheusRegistry registry, EnumCounter<Result> reloads) {
        this.successes = new UntypedCounters(
                        registry,
                        "ratelimit_service_config_load_success",
                        "How often the rules of rls.config were read and apply, the start included")
                .of();
        this.errors = new UntypedCounters(
                        registry,
                        "ratelimit_service_config_load_error",
                        "How often changed rules of rls.config were not valid; the previous ones apply")
                .of();
        this.reloads = reloads;
    }

    void onStart() {
        successes.increment();
    }

    void onReload(Result result) {
        (result == Result.APPLIED ? successes : errors).increment();
        reloads.count(result);
    }
}

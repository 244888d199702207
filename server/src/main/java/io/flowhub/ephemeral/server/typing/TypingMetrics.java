package io.flowhub.ephemeral.server.typing;

import io.flowhub.ephemeral.server.metrics.EnumCounter;
import io.flowhub.ephemeral.server.metrics.Metrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** Counts the updates of indicators. */
final class TypingMetrics {

    private final EnumCounter<TypingUpdate> updates;

    TypingMetrics(PrometheusRegistry registry) {
        this.updates = EnumCounter.of(
                Metrics.counter(
                        registry,
                        "ephemeral_typing_updates_total",
                        "Calls of SetTyping, by what they did to the indicator of the user",
                        "result"),
                TypingUpdate.class);
    }

    void onUpdate(TypingUpdate update) {
        updates.count(update);
    }
}

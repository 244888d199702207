package io.flowhub.ephemeral.server.rls;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor of the configuration.
 *
 * @param value with or without {@code *}; empty if the descriptor matches every value of its key
 * @param metricKeys those of the descriptors on the path to this one, and its own, unless a request decides them
 * @param rule null if the descriptor has no {@code rate_limit}
 */
record RuleNode(
        String key,
        String value,
        @Nullable Wildcard wildcard,
        boolean shareThreshold,
        boolean valueToMetric,
        @Nullable List<String> metricKeys,
        @Nullable Rule rule,
        RuleLevel children) {

    RuleNode with(@Nullable List<String> allMetricKeys, RuleLevel nested) {
        return new RuleNode(key, value, wildcard, shareThreshold, valueToMetric, allMetricKeys, rule, nested);
    }

    /** What identifies the counter of a request's value. */
    String counterValue(String requested) {
        return shareThreshold ? value : requested;
    }

    /** The metric key of this level. */
    String metricKey(String requested, boolean detailed) {
        boolean asRequested = detailed || (valueToMetric && (value.isEmpty() || wildcard != null));
        return join(key, asRequested && !shareThreshold ? requested : value);
    }

    /** Whether the metric key of this level is the same in all requests. */
    boolean hasFixedMetricKey() {
        return shareThreshold || !valueToMetric || (!value.isEmpty() && wildcard == null);
    }

    static String join(String key, String value) {
        return value.isEmpty() ? key : key + "_" + value;
    }
}

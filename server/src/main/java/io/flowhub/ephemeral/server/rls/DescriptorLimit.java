package io.flowhub.ephemeral.server.rls;

/** What limits one descriptor of a request. */
sealed interface DescriptorLimit {

    /** No rule matches it, or another rule of the request replaces the one that does. It passes. */
    record None() implements DescriptorLimit {}

    /** A rule states that it is not limited. It passes. */
    record Unlimited() implements DescriptorLimit {}

    /**
     * A counter.
     *
     * @param key {@code rate:<user_id>:<action>}
     * @param hits to count; 0 counts none, and answers whether the limit is exceeded
     * @param givesBack whether the hits are subtracted instead
     * @param series the metrics of its rule
     */
    record Counted(AppliedLimit applied, String key, long hits, boolean givesBack, RuleSeries series)
            implements DescriptorLimit {

        void countMetrics(Count count) {
            if (!givesBack) {
                series.count(applied.limit(), applied.shadowMode(), hits, count);
            }
        }
    }

    DescriptorLimit NONE = new None();
    DescriptorLimit UNLIMITED = new Unlimited();
}

package io.flowhub.ephemeral.server.rls;

import java.util.concurrent.atomic.LongAdder;

/** The metrics of a rule: hits by what became of them, counted as envoyproxy/ratelimit counts them. */
record RuleSeries(
        LongAdder totalHits,
        LongAdder overLimit,
        LongAdder nearLimit,
        LongAdder withinLimit,
        LongAdder shadowMode,
        LongAdder overLimitWithLocalCache) {

    /** The share of a limit from which on hits are near it. */
    private static final double NEAR = 0.8;

    /** @param shadow whether the rule has shadow_mode */
    void count(Limit limit, boolean shadow, long hits, Count count) {
        totalHits.add(hits);
        long max = limit.requestsPerUnit();
        long near = (long) Math.floor(max * NEAR);
        long after = count.used();
        long before = after - hits;
        if (after <= max) {
            withinLimit.add(hits);
            nearLimit.add(Math.max(0, Math.min(hits, after - near)));
            return;
        }
        long over = Math.min(hits, after - max);
        overLimit.add(over);
        if (count.cached()) {
            overLimitWithLocalCache.add(hits);
        } else if (before < max) {
            nearLimit.add(max - Math.max(near, before));
        }
        if (shadow) {
            shadowMode.add(over);
        }
    }
}

package io.flowhub.ephemeral.server.caller;

import java.util.EnumMap;
import java.util.Map;

/**
 * The quotas of a caller.
 *
 * @param limits those that are set; the others have no limit
 */
record Quotas(Map<Quota, Long> limits) {

    static final Quotas NONE = new Quotas(Map.of());

    Quotas {
        limits = Map.copyOf(limits);
    }

    long limit(Quota quota) {
        return limits.getOrDefault(quota, Long.MAX_VALUE);
    }

    /** These quotas, and of the others those that these do not set. */
    Quotas or(Quotas others) {
        Map<Quota, Long> merged = new EnumMap<>(Quota.class);
        merged.putAll(others.limits);
        merged.putAll(limits);
        return new Quotas(merged);
    }
}

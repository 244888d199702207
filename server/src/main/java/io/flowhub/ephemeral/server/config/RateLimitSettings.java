package io.flowhub.ephemeral.server.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The policies by action, with {@code *} for the rest, and what to answer while Redis is away.
 *
 * @param policies in the order of the file
 */
public record RateLimitSettings(Map<String, Policy> policies, OnRedisFailure onRedisFailure) {

    public RateLimitSettings {
        policies = Collections.unmodifiableMap(new LinkedHashMap<>(policies));
    }

    /** What CheckRate and BatchCheckRate answer while Redis is away. */
    public enum OnRedisFailure {
        /** The status UNAVAILABLE: the caller decides. */
        UNAVAILABLE,
        /** Denied, marked degraded. */
        DENY,
        /** Allowed, marked degraded. */
        ALLOW,
        /** Counted in this process alone, in a fixed window whatever the algorithm, marked degraded. */
        LOCAL
    }
}

package io.flowhub.ephemeral.server.ratelimit;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The policies, and the result of checks while Redis is unavailable.
 *
 * @param policies by action, in the order of the file; {@code *} applies to all other actions
 */
record RateLimitSettings(Map<String, Policy> policies, OnRedisFailure onRedisFailure) {

    static final SettingsGroup<RateLimitSettings> GROUP = SettingsGroup.of("rate_limit", RateLimitSettings::read);

    private static final Setting<Map<String, Policy>> POLICIES = GROUP.reloadable(
            "policies",
            PolicyParser::parse,
            "{login_attempts: {limit: 5, window: 60s}, api_hits: {limit: 100, window: 60s}}",
            "limit, window and algorithm by action; * applies to all other actions; reloaded when the file changes");
    private static final Setting<OnRedisFailure> ON_REDIS_FAILURE = GROUP.reloadable(
            "on_redis_failure",
            Parsers.oneOf(OnRedisFailure.class),
            "unavailable",
            "result of checks while Redis is unavailable or full: unavailable (an error status), deny, allow, or local (decided by"
                    + " this process alone); reloaded when the file changes");

    RateLimitSettings {
        policies = Collections.unmodifiableMap(new LinkedHashMap<>(policies));
    }

    private static RateLimitSettings read(SettingReader reader) {
        return new RateLimitSettings(reader.get(POLICIES), reader.get(ON_REDIS_FAILURE));
    }

    /** The result of CheckRate and BatchCheckRate while Redis is unavailable. */
    enum OnRedisFailure {
        /** The status UNAVAILABLE: the caller decides. */
        UNAVAILABLE,
        /** Denied, marked degraded. */
        DENY,
        /** Allowed, marked degraded. */
        ALLOW,
        /** Decided in this process alone, in a fixed window for every algorithm, marked degraded. */
        LOCAL
    }
}

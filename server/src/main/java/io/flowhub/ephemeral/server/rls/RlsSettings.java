package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where the rules are, and what differs from the defaults of envoyproxy/ratelimit.
 *
 * @param config null if the service is off
 * @param longestUnit the longest unit that a rule or a request may have, a day or longer
 * @param countDenied whether hits of a denied request are counted
 */
record RlsSettings(
        @Nullable Path config,
        Unit longestUnit,
        boolean mergeDomains,
        boolean shadowMode,
        boolean quotaMode,
        boolean countDenied,
        boolean responseHeaders,
        boolean dynamicMetadata,
        OnRedisFailure onRedisFailure) {

    static final SettingsGroup<RlsSettings> GROUP = SettingsGroup.of("rls", RlsSettings::read);

    private static final Setting<Path> CONFIG = GROUP.setting(
            "config",
            Parsers.directory(),
            "",
            "directory with the rules of Envoy's rate limit service, in the YAML of envoyproxy/ratelimit; reloaded when a file"
                    + " changes; without it the service is not served");
    private static final Setting<Unit> LONGEST_UNIT = GROUP.setting(
            "longest_unit",
            dayOrLonger(),
            "day",
            "the longest unit of a limit: day, week, month or year; one above day keeps counters in Redis for longer than 24"
                    + " hours");
    private static final Setting<Boolean> MERGE_DOMAINS = GROUP.setting(
            "merge_domains",
            Parsers.bool(),
            "false",
            "whether several files may have the same domain; envoyproxy/ratelimit: MERGE_DOMAIN_CONFIG");
    private static final Setting<Boolean> SHADOW_MODE = GROUP.setting(
            "shadow_mode",
            Parsers.bool(),
            "false",
            "whether every request passes and is only counted; envoyproxy/ratelimit: SHADOW_MODE");
    private static final Setting<Boolean> QUOTA_MODE = GROUP.setting(
            "quota_mode",
            Parsers.bool(),
            "false",
            "whether every rule has quota_mode: a request is denied if all its limits are exceeded; envoyproxy/ratelimit:"
                    + " QUOTA_MODE");
    private static final Setting<Boolean> COUNT_DENIED = GROUP.setting(
            "count_denied",
            Parsers.bool(),
            "true",
            "whether denied requests are counted, as response-phase hits need; if false, they consume nothing of any of their"
                    + " limits; envoyproxy/ratelimit: STOP_CACHE_KEY_INCREMENT_WHEN_OVERLIMIT, negated");
    private static final Setting<Boolean> RESPONSE_HEADERS = GROUP.setting(
            "response_headers",
            Parsers.bool(),
            "false",
            "whether responses add the headers RateLimit-Limit, -Remaining and -Reset; envoyproxy/ratelimit:"
                    + " LIMIT_RESPONSE_HEADERS_ENABLED");
    private static final Setting<Boolean> DYNAMIC_METADATA = GROUP.setting(
            "dynamic_metadata",
            Parsers.bool(),
            "false",
            "whether responses contain the request and the metadata of its rules; envoyproxy/ratelimit:"
                    + " RESPONSE_DYNAMIC_METADATA");
    private static final Setting<OnRedisFailure> ON_REDIS_FAILURE = GROUP.setting(
            "on_redis_failure",
            Parsers.oneOf(OnRedisFailure.class),
            "unavailable",
            "result of limits while Redis is unavailable or full: unavailable (an error status: Envoy's failure mode"
                    + " decides), deny or allow");

    private static Function<Object, Unit> dayOrLonger() {
        Function<Object, Unit> parser = Parsers.oneOf(Unit.class);
        return value -> {
            Unit unit = parser.apply(value);
            if (unit.compareTo(Unit.DAY) < 0) {
                throw new IllegalArgumentException(value + " (expected: one of day, week, month, year)");
            }
            return unit;
        };
    }

    RuleLoader loader() {
        return new RuleLoader(longestUnit, mergeDomains);
    }

    private static RlsSettings read(SettingReader reader) {
        return new RlsSettings(
                reader.find(CONFIG),
                reader.get(LONGEST_UNIT),
                reader.get(MERGE_DOMAINS),
                reader.get(SHADOW_MODE),
                reader.get(QUOTA_MODE),
                reader.get(COUNT_DENIED),
                reader.get(RESPONSE_HEADERS),
                reader.get(DYNAMIC_METADATA),
                reader.get(ON_REDIS_FAILURE));
    }

    /** The result of a limit that cannot be counted. */
    enum OnRedisFailure {
        /** The status UNAVAILABLE: the failure mode of the gateway decides. */
        UNAVAILABLE,
        /** OVER_LIMIT. */
        DENY,
        /** OK. */
        ALLOW
    }
}

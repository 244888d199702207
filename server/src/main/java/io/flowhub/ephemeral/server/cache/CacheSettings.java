package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.config.Durations;
import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.time.Duration;

/**
 * The settings of cached objects.
 *
 * @param ttl TTL of an object, before jitter of up to 10 % in either direction
 * @param softAge age from which one caller receives a lease to reload an object
 * @param negativeTtl TTL of an entry that records that there is no object
 * @param lease time that a caller has to put an entry
 */
record CacheSettings(Duration ttl, Duration softAge, Duration negativeTtl, Duration lease) {

    static final SettingsGroup<CacheSettings> GROUP =
            SettingsGroup.of("cache", CacheSettings::read, CacheSettings::check);

    private static final Setting<Duration> TTL = GROUP.setting(
            "ttl",
            Parsers.duration("10s", "10m"),
            "5m",
            "lifetime of a cached object, ± 10 %; the same on every server, because ages are derived from it");
    private static final Setting<Duration> SOFT_AGE = GROUP.setting(
            "soft_age",
            Parsers.duration("1s", "10m"),
            "4m",
            "age from which one caller receives a lease to reload the object; less than 90 % of cache.ttl");
    private static final Setting<Duration> NEGATIVE_TTL = GROUP.setting(
            "negative_ttl",
            Parsers.duration("15s", "30s"),
            "20s",
            "how long the absence of an object is cached, ± 10 %, within 15s to 30s");
    private static final Setting<Duration> LEASE = GROUP.setting(
            "lease",
            Parsers.duration("1s", "30s"),
            "5s",
            "time that a caller has to load and put an object before another caller gets the lease");

    /** The largest difference between the TTL of an entry and the setting: a tenth of the setting. */
    static final int JITTER_DIVISOR = 10;

    private static CacheSettings read(SettingReader reader) {
        return new CacheSettings(reader.get(TTL), reader.get(SOFT_AGE), reader.get(NEGATIVE_TTL), reader.get(LEASE));
    }

    private static void check(SettingReader reader, Problems problems) {
        Duration softAge = reader.get(SOFT_AGE);
        Duration minTtl = minTtl(reader.get(TTL));
        if (softAge.compareTo(minTtl) >= 0) {
            problems.add("cache.soft_age: " + Durations.format(softAge) + " (expected: less than "
                    + Durations.format(minTtl) + ", 90 % of cache.ttl)");
        }
    }

    /** The shortest TTL of an object. Its soft age must be shorter, or no caller would receive a lease to reload it. */
    static Duration minTtl(Duration ttl) {
        return ttl.minus(ttl.dividedBy(JITTER_DIVISOR));
    }
}

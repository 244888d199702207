package io.flowhub.ephemeral.server.config;

import java.time.Duration;

/**
 * How long cached objects live.
 *
 * @param ttl of an object; each lives 10 % more or less than that
 * @param softAge past this age one caller is asked to load an object anew
 * @param negativeTtl of the knowledge that there is no such object
 * @param lease how long a caller has to fill an entry
 */
public record CacheSettings(Duration ttl, Duration softAge, Duration negativeTtl, Duration lease) {

    /** How far the time to live of an entry is from the one that was set, at most: a tenth of it. */
    public static final int JITTER_DIVISOR = 10;

    /** The least that an object lives. Its soft age has to be less, or nobody would be asked to load it anew. */
    static Duration shortest(Duration ttl) {
        return ttl.minus(ttl.dividedBy(JITTER_DIVISOR));
    }
}

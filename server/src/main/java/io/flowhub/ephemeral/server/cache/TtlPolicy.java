package io.flowhub.ephemeral.server.cache;

import java.time.Duration;

/**
 * How long each entry lives: what is set, give or take 10 %, so that what was filled together does not end together.
 *
 * <p>The jitter is a hash of the key, not random. So every server knows with what time to live an entry began, and its age
 * is that less what is left of it: nothing more has to be stored, and the entry is the text alone. {@link String#hashCode}
 * is the same in every Java, and is mixed by the finalizer of MurmurHash3, since the hashes of {@code u1} and {@code u2}
 * differ by 1.
 */
record TtlPolicy(Range object, Range negative, long softAgeMillis, long leaseMillis) {

    private static final long SHORTEST_NEGATIVE_MILLIS = 15_000;
    private static final long LONGEST_NEGATIVE_MILLIS = 30_000;

    static TtlPolicy of(CacheSettings settings) {
        return new TtlPolicy(
                Range.around(settings.ttl()),
                Range.around(settings.negativeTtl()).within(SHORTEST_NEGATIVE_MILLIS, LONGEST_NEGATIVE_MILLIS),
                settings.softAge().toMillis(),
                settings.lease().toMillis());
    }

    /** How long an object, or the knowledge that there is none, lives under this key. */
    long ttlMillis(String key, boolean negativeEntry) {
        return (negativeEntry ? negative : object).at(key);
    }

    /** How long ago an entry was put of whose life so much is left. */
    long ageMillis(String key, boolean negativeEntry, long leftMillis) {
        return Math.max(0, ttlMillis(key, negativeEntry) - leftMillis);
    }

    /** What an object under this key has left to live, at least, while it is within its soft age. */
    long freshMillis(String key) {
        return object.at(key) - softAgeMillis;
    }

    /** From and to, both included. */
    record Range(long minMillis, long maxMillis) {

        static Range around(Duration ttl) {
            long millis = ttl.toMillis();
            long jitter = millis / CacheSettings.JITTER_DIVISOR;
            return new Range(millis - jitter, millis + jitter);
        }

        Range within(long min, long max) {
            return new Range(Math.max(min, minMillis), Math.min(max, maxMillis));
        }

        /** The point in this range that belongs to the key. */
        long at(String key) {
            return minMillis + ((mixed(key.hashCode()) * (maxMillis - minMillis + 1)) >>> Integer.SIZE);
        }

        /** 0 to 2^32 - 1, evenly. */
        private static long mixed(int hash) {
            int h = hash;
            h = (h ^ (h >>> 16)) * 0x85ebca6b;
            h = (h ^ (h >>> 13)) * 0xc2b2ae35;
            return Integer.toUnsignedLong(h ^ (h >>> 16));
        }
    }
}

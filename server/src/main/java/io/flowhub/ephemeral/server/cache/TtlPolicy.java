package io.flowhub.ephemeral.server.cache;

import java.time.Duration;

/**
 * The TTL of each entry: the configured TTL ± 10 %, so that entries stored together do not expire together.
 *
 * <p>The jitter is a hash of the key and not random. So every server can compute the initial TTL of an entry, and the
 * age of the entry is the initial TTL minus the current one. Redis stores nothing but the text. {@link String#hashCode}
 * is the same in every Java version. It is mixed by the finalizer of MurmurHash3, since the hashes of {@code u1} and
 * {@code u2} differ by 1.
 */
record TtlPolicy(Range objectTtl, Range negativeTtl, long softAgeMillis, long leaseMillis) {

    private static final long MIN_NEGATIVE_TTL_MILLIS = 15_000;
    private static final long MAX_NEGATIVE_TTL_MILLIS = 30_000;

    static TtlPolicy of(CacheSettings settings) {
        return new TtlPolicy(
                Range.around(settings.ttl()),
                Range.around(settings.negativeTtl()).clamp(MIN_NEGATIVE_TTL_MILLIS, MAX_NEGATIVE_TTL_MILLIS),
                settings.softAge().toMillis(),
                settings.lease().toMillis());
    }

    /** The TTL with which an entry is put under this key. */
    long ttlMillis(String key, boolean negative) {
        return (negative ? negativeTtl : objectTtl).valueFor(key);
    }

    /**
     * The time since an entry was put.
     *
     * @param leftMillis the current TTL of the entry
     */
    long ageMillis(String key, boolean negative, long leftMillis) {
        return Math.max(0, ttlMillis(key, negative) - leftMillis);
    }

    /** The minimum TTL of an object that is within its soft age. */
    long minFreshTtlMillis(String key) {
        return objectTtl.valueFor(key) - softAgeMillis;
    }

    /** A range of TTLs, both ends included. */
    record Range(long minMillis, long maxMillis) {

        static Range around(Duration ttl) {
            long millis = ttl.toMillis();
            long jitter = millis / CacheSettings.JITTER_DIVISOR;
            return new Range(millis - jitter, millis + jitter);
        }

        Range clamp(long min, long max) {
            return new Range(Math.max(min, minMillis), Math.min(max, maxMillis));
        }

        /** The value in this range for a key; evenly distributed over keys. */
        long valueFor(String key) {
            return minMillis + ((mix(key.hashCode()) * (maxMillis - minMillis + 1)) >>> Integer.SIZE);
        }

        /** Returns 0 to 2^32 - 1, evenly distributed. */
        private static long mix(int hash) {
            int h = hash;
            h = (h ^ (h >>> 16)) * 0x85ebca6b;
            h = (h ^ (h >>> 13)) * 0xc2b2ae35;
            return Integer.toUnsignedLong(h ^ (h >>> 16));
        }
    }
}

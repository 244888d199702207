package io.flowhub.ephemeral.bench.load;

/** Counts nanoseconds in buckets that are at most 1/128 of their value wide. */
final class LatencyHistogram {

    private static final int BITS = 7;
    private static final int BUCKETS_PER_POWER = 1 << BITS;

    private final long[] counts = new long[(Long.SIZE - BITS) * BUCKETS_PER_POWER];
    private long total;
    private long max;

    void record(long nanos) {
        counts[bucket(nanos)]++;
        total++;
        max = Math.max(max, nanos);
    }

    /** The values below 256 have a bucket each; each power of two above has 128 buckets. */
    private static int bucket(long nanos) {
        int shift = Math.max(0, Long.SIZE - BITS - 1 - Long.numberOfLeadingZeros(nanos));
        return (shift << BITS) + (int) (nanos >> shift);
    }

    /** Returns the middle of the bucket that holds the value at this share of all values, in microseconds. */
    double micros(double share) {
        long rank = (long) Math.ceil(share * total);
        long below = 0;
        for (int bucket = 0; bucket < counts.length; bucket++) {
            below += counts[bucket];
            if (below >= rank && below > 0) {
                int shift = Math.max(0, (bucket >> BITS) - 1);
                long nanos = (long) (bucket - (shift << BITS)) << shift;
                return (nanos + ((1L << shift) >> 1)) / 1e3;
            }
        }
        return 0;
    }

    double maxMicros() {
        return max / 1e3;
    }
}

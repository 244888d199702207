package io.flowhub.ephemeral.server.budget;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What all keys have, by kind, the largest first.
 *
 * <p>Each master is a stratum of its own (Cochran, Sampling Techniques, 3rd edition, chapter 5): of its N keys n were drawn
 * at random, with repetition. With p the share of a kind among the drawn, and m and s the mean and the standard deviation
 * of what a drawn key adds to the bytes of the kind (nothing, if it is of another), the estimates are Np keys and Nm bytes;
 * their sums over the masters have errors that add up as squares do.
 *
 * <ul>
 *   <li>Bytes: ± 1.96 N s/√n, the normal approximation (Cochran, chapter 2).
 *   <li>Keys: not ± 1.96 N √(p(1−p)/n), which promises too much where few keys of a kind were drawn (if one was, it is
 *       wrong more than a third of the time), but the farther end of Wilson's interval (Brown, Cai and DasGupta, Interval
 *       Estimation for a Binomial Proportion, Statistical Science 16, 2001). It is nearly the same where many were drawn.
 *       For the same reason the error of the bytes is, relative to them, at least that of the keys.
 * </ul>
 *
 * @param keys how many there are
 * @param weighed how many were looked at; as many as there are if nothing is estimated
 */
record Estimate(long keys, long weighed, List<KindEstimate> kinds) {

    /** 95 % of a normal distribution are within so many standard deviations. */
    private static final double Z = 1.96;

    /**
     * What was found on one master.
     *
     * @param keys how many it has
     * @param exact whether the tally has all of them, once each
     */
    record Stratum(long keys, KindTotals tally, boolean exact) {

        static Stratum ofAll(KindTotals tally) {
            return new Stratum(tally.weighed(), tally, true);
        }

        static Stratum ofSample(long keys, KindTotals tally) {
            return new Stratum(keys, tally, false);
        }

        private double scale() {
            return tally.weighed() == 0 ? 0 : (double) keys / tally.weighed();
        }

        private double keysError(int kind) {
            long n = tally.weighed();
            return exact || n == 0 ? 0 : keys * wilson((double) tally.keys(kind) / n, n);
        }

        private double bytesError(int kind) {
            long n = tally.weighed();
            return exact || n == 0 ? 0 : Z * keys * Math.sqrt(tally.variance(kind) / n);
        }
    }

    /** @param names of the kinds, as the tallies have them */
    static Estimate of(List<Stratum> strata, List<String> names) {
        List<KindEstimate> kinds = new ArrayList<>();
        for (int kind = 0; kind < names.size(); kind++) {
            KindEstimate estimate = of(strata, kind, names.get(kind));
            if (estimate.keys() > 0) {
                kinds.add(estimate);
            }
        }
        kinds.sort(Comparator.comparingLong(KindEstimate::bytes).reversed());
        return new Estimate(
                strata.stream().mapToLong(Stratum::keys).sum(),
                strata.stream().mapToLong(stratum -> stratum.tally().weighed()).sum(),
                List.copyOf(kinds));
    }

    private static KindEstimate of(List<Stratum> strata, int kind, String name) {
        double keys = 0;
        double bytes = 0;
        double keysErrorSquare = 0;
        double bytesErrorSquare = 0;
        for (Stratum stratum : strata) {
            keys += stratum.scale() * stratum.tally().keys(kind);
            bytes += stratum.scale() * stratum.tally().bytes(kind);
            keysErrorSquare += square(stratum.keysError(kind));
            bytesErrorSquare += square(stratum.bytesError(kind));
        }
        double keysError = Math.sqrt(keysErrorSquare);
        double bytesError = keys == 0 ? 0 : Math.max(Math.sqrt(bytesErrorSquare), bytes * keysError / keys);
        return new KindEstimate(
                name, Math.round(keys), Math.round(bytes), (long) Math.ceil(keysError), (long) Math.ceil(bytesError));
    }

    /** How far the farther end of Wilson's interval is from the share p that was found among n. */
    private static double wilson(double p, long n) {
        double z2 = Z * Z;
        double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
        double half = Z / (1 + z2 / n) * Math.sqrt(p * (1 - p) / n + z2 / (4.0 * n * n));
        return Math.max(middle + half - p, p - (middle - half));
    }

    private static double square(double x) {
        return x * x;
    }
}

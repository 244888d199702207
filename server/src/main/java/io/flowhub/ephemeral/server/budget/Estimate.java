package io.flowhub.ephemeral.server.budget;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The estimated keys and bytes of each kind, the largest first.
 *
 * <p>Each master is one stratum (Cochran, Sampling Techniques, 3rd edition, chapter 5): of its N keys, n were drawn at
 * random, with repetition. Let p be the share of a kind among the drawn keys, and m and s the mean and the standard
 * deviation of what a drawn key adds to the bytes of the kind (0 for a key of another kind). The estimates are Np keys and
 * Nm bytes. The error of a sum over the masters is the root of the sum of the squared errors.
 *
 * <ul>
 *   <li>Bytes: ± 1.96 N s/√n, the normal approximation (Cochran, chapter 2).
 *   <li>Keys: the farther end of Wilson's interval (Brown, Cai and DasGupta, Interval Estimation for a Binomial
 *       Proportion, Statistical Science 16, 2001). The normal approximation ± 1.96 N √(p(1−p)/n) is too narrow if few keys
 *       of a kind were drawn: with one drawn key it is wrong more than a third of the time. With many drawn keys both are
 *       nearly the same. For the same reason the relative error of the bytes is at least that of the keys.
 * </ul>
 *
 * @param keys number of all keys
 * @param sampled number of measured keys; equals {@code keys} if nothing is estimated
 */
record Estimate(long keys, long sampled, List<KindEstimate> kinds) {

    /** 95 % of a normal distribution lie within this many standard deviations of the mean. */
    private static final double Z = 1.96;

    /**
     * The measured keys of one master.
     *
     * @param keys number of all keys of the master
     * @param exact whether the totals contain each of them exactly once
     */
    record Stratum(long keys, KindTotals totals, boolean exact) {

        static Stratum ofAll(KindTotals totals) {
            return new Stratum(totals.sampled(), totals, true);
        }

        static Stratum ofSample(long keys, KindTotals totals) {
            return new Stratum(keys, totals, false);
        }

        private double scale() {
            return totals.sampled() == 0 ? 0 : (double) keys / totals.sampled();
        }

        private double keysError(int kind) {
            long n = totals.sampled();
            return exact || n == 0 ? 0 : keys * wilson((double) totals.keys(kind) / n, n);
        }

        private double bytesError(int kind) {
            long n = totals.sampled();
            return exact || n == 0 ? 0 : Z * keys * Math.sqrt(totals.variance(kind) / n);
        }
    }

    /** @param names of the kinds, by their number in the totals */
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
                strata.stream().mapToLong(stratum -> stratum.totals().sampled()).sum(),
                List.copyOf(kinds));
    }

    private static KindEstimate of(List<Stratum> strata, int kind, String name) {
        double keys = 0;
        double bytes = 0;
        double keysErrorSquare = 0;
        double bytesErrorSquare = 0;
        for (Stratum stratum : strata) {
            keys += stratum.scale() * stratum.totals().keys(kind);
            bytes += stratum.scale() * stratum.totals().bytes(kind);
            keysErrorSquare += square(stratum.keysError(kind));
            bytesErrorSquare += square(stratum.bytesError(kind));
        }
        double keysError = Math.sqrt(keysErrorSquare);
        double bytesError = keys == 0 ? 0 : Math.max(Math.sqrt(bytesErrorSquare), bytes * keysError / keys);
        return new KindEstimate(
                name, Math.round(keys), Math.round(bytes), (long) Math.ceil(keysError), (long) Math.ceil(bytesError));
    }

    /** The distance from a share p of n drawn keys to the farther end of Wilson's interval. */
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

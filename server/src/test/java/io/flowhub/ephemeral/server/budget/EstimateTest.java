package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.budget.Estimate.Stratum;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class EstimateTest {

    private static final List<String> NAMES = List.of("small", "big", "other");

    private final Random random = new Random(20_261_122);

    @Test
    void measuredKeysHaveNoError() {
        KindTotals totals = new KindTotals(2);
        totals.add(1, 100);
        totals.add(1, 200);
        totals.add(0, 50);

        assertThat(Estimate.of(List.of(Stratum.ofAll(totals)), NAMES))
                .isEqualTo(new Estimate(
                        3,
                        3,
                        List.of(
                                new KindEstimate("small", 2, 300 + 2 * KindTotals.OVERHEAD_BYTES, 0, 0),
                                new KindEstimate("other", 1, 50 + KindTotals.OVERHEAD_BYTES, 0, 0))));
    }

    @Test
    void emptyMasterHasNoKinds() {
        List<Stratum> empty = List.of(Stratum.ofAll(new KindTotals(2)), Stratum.ofSample(0, new KindTotals(2)));

        assertThat(Estimate.of(empty, NAMES)).isEqualTo(new Estimate(0, 0, List.of()));
    }

    @Test
    void errorsMatchTheTextbookFormulas() {
        KindTotals totals = new KindTotals(2);
        for (int i = 0; i < 1000; i++) {
            totals.add(i < 300 ? 1 : 2, 1000 - KindTotals.OVERHEAD_BYTES);
        }

        KindEstimate small = small(List.of(Stratum.ofSample(100_000, totals)));

        assertThat(small.keys()).isEqualTo(30_000);
        assertThat(small.bytes()).isEqualTo(30_000_000);
        double expected = 1.96 * Math.sqrt(0.3 * 0.7 / 1000) * 100_000; // 2840
        assertThat(small.keysError()).isCloseTo(Math.round(expected), Percentage.withPercentage(4));
        assertThat(small.bytesError()).isCloseTo(Math.round(expected * 1000), Percentage.withPercentage(4));
    }

    /** The normal approximation fails this: with 1 of 1000 keys it holds about 60 times of 100. */
    @ParameterizedTest
    @ValueSource(doubles = {0.001, 0.005, 0.02, 0.1, 0.3, 0.5, 0.9})
    void trueValueIsWithinTheErrorInNineteenOfTwentyEstimates(double share) {
        int rounds = 2_000;
        int keysHeld = 0;
        int bytesHeld = 0;
        int estimates = 0;
        for (int round = 0; round < rounds; round++) {
            KindTotals totals = new KindTotals(2);
            for (int i = 0; i < 1000; i++) { // small keys have 50 to 149 bytes, 99.5 on average
                totals.add(random.nextDouble() < share ? 1 : 2, 50 + random.nextInt(100));
            }
            if (totals.keys(0) > 0) { // a kind without a drawn key has no estimate
                KindEstimate small = small(List.of(Stratum.ofSample(1_000_000, totals)));
                estimates++;
                double bytes = share * 1_000_000 * (99.5 + KindTotals.OVERHEAD_BYTES);
                keysHeld += Math.abs(small.keys() - share * 1_000_000) <= small.keysError() ? 1 : 0;
                bytesHeld += Math.abs(small.bytes() - bytes) <= small.bytesError() ? 1 : 0;
            }
        }
        assertThat((double) keysHeld / estimates).as("keys").isBetween(0.935, 1.0);
        assertThat((double) bytesHeld / estimates).as("bytes").isBetween(0.935, 1.0);
    }

    @Test
    void errorOfASumIsTheRootOfTheSumOfSquares() {
        KindTotals totals = new KindTotals(2);
        for (int i = 0; i < 500; i++) {
            totals.add(i % 2 + 1, 100);
        }
        Stratum stratum = Stratum.ofSample(50_000, totals);
        KindEstimate one = small(List.of(stratum));
        KindEstimate four = small(Collections.nCopies(4, stratum));

        assertThat(four.keys()).isEqualTo(4 * one.keys());
        assertThat(four.keysError()).isCloseTo(2 * one.keysError(), Percentage.withPercentage(1));
        assertThat(four.bytesError()).isCloseTo(2 * one.bytesError(), Percentage.withPercentage(1));
    }

    private static KindEstimate small(List<Stratum> strata) {
        return Estimate.of(strata, NAMES).kinds().stream()
                .filter(kind -> kind.kind().equals("small"))
                .findFirst()
                .orElseThrow();
    }
}

package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.budget.Estimate.Stratum;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EstimateTest {

    private static final List<String> NAMES = List.of("small", "big", "other");

    private final Random random = new Random(20_261_122);

    @Test
    void whatWasCountedHasNoError() {
        KindTotals tally = new KindTotals(2);
        tally.add(1, 100);
        tally.add(1, 200);
        tally.add(0, 50);

        Estimate estimate = Estimate.of(List.of(Stratum.ofAll(tally)), NAMES);

        assertThat(estimate.keys()).isEqualTo(3);
        assertThat(estimate.weighed()).isEqualTo(3);
        assertThat(estimate.kinds())
                .containsExactly(
                        new KindEstimate("small", 2, 300 + 2 * KindTotals.UNSEEN_BYTES, 0, 0),
                        new KindEstimate("other", 1, 50 + KindTotals.UNSEEN_BYTES, 0, 0));
    }

    @Test
    void emptyMasterHasNothing() {
        Estimate estimate =
                Estimate.of(List.of(Stratum.ofAll(new KindTotals(2)), Stratum.ofSample(0, new KindTotals(2))), NAMES);

        assertThat(estimate).isEqualTo(new Estimate(0, 0, List.of()));
    }

    @Test
    void errorIsThatOfTheBook() {
        KindTotals tally = new KindTotals(2);
        for (int i = 0; i < 1000; i++) {
            tally.add(i < 300 ? 1 : 2, 1000 - KindTotals.UNSEEN_BYTES);
        }

        KindEstimate small = kind("small", Estimate.of(List.of(Stratum.ofSample(100_000, tally)), NAMES));

        assertThat(small.keys()).isEqualTo(30_000);
        assertThat(small.bytes()).isEqualTo(30_000_000);
        double book = 1.96 * Math.sqrt(0.3 * 0.7 / 1000) * 100_000; // 2840
        assertThat(small.keysError()).isCloseTo(Math.round(book), Percentage.withPercentage(4));
        assertThat(small.bytesError()).isCloseTo(Math.round(book * 1000), Percentage.withPercentage(4));
    }

    /** What the normal approximation would miss: with 1 of 1000 keys it is right about 60 times of 100. */
    @ParameterizedTest
    @ValueSource(doubles = {0.001, 0.005, 0.02, 0.1, 0.3, 0.5, 0.9})
    void truthIsWithinTheErrorNineteenTimesOfTwenty(double share) {
        int rounds = 2_000;
        int keysHeld = 0;
        int bytesHeld = 0;
        int seen = 0;
        for (int round = 0; round < rounds; round++) {
            KindTotals tally = new KindTotals(2);
            for (int i = 0; i < 1000; i++) { // small keys have 50 to 149 bytes, 99.5 on average
                tally.add(random.nextDouble() < share ? 1 : 2, 50 + random.nextInt(100));
            }
            Estimate estimate = Estimate.of(List.of(Stratum.ofSample(1_000_000, tally)), NAMES);
            if (tally.keys(0) > 0) { // a kind of which no key was drawn is not told at all
                KindEstimate small = kind("small", estimate);
                seen++;
                double bytes = share * 1_000_000 * (99.5 + KindTotals.UNSEEN_BYTES);
                keysHeld += Math.abs(small.keys() - share * 1_000_000) <= small.keysError() ? 1 : 0;
                bytesHeld += Math.abs(small.bytes() - bytes) <= small.bytesError() ? 1 : 0;
            }
        }
        assertThat((double) keysHeld / seen).as("keys").isBetween(0.935, 1.0);
        assertThat((double) bytesHeld / seen).as("bytes").isBetween(0.935, 1.0);
    }

    @Test
    void errorsOfMastersAddUpAsSquaresDo() {
        KindTotals tally = new KindTotals(2);
        for (int i = 0; i < 500; i++) {
            tally.add(i % 2 + 1, 100);
        }
        KindEstimate one = kind("small", Estimate.of(List.of(Stratum.ofSample(50_000, tally)), NAMES));
        KindEstimate four = kind(
                "small",
                Estimate.of(
                        List.of(
                                Stratum.ofSample(50_000, tally),
                                Stratum.ofSample(50_000, tally),
                                Stratum.ofSample(50_000, tally),
                                Stratum.ofSample(50_000, tally)),
                        NAMES));

        assertThat(four.keys()).isEqualTo(4 * one.keys());
        assertThat(four.keysError()).isCloseTo(2 * one.keysError(), Percentage.withPercentage(1));
        assertThat(four.bytesError()).isCloseTo(2 * one.bytesError(), Percentage.withPercentage(1));
    }

    private static KindEstimate kind(String name, Estimate estimate) {
        return estimate.kinds().stream()
                .filter(kind -> kind.kind().equals(name))
                .findFirst()
                .orElseThrow();
    }
}

package io.flowhub.ephemeral.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class LatencyHistogramTest {

    @Test
    void percentilesDifferFromTheExactOnesByOnePercentAtMost() {
        LatencyHistogram histogram = new LatencyHistogram();
        long[] nanos = new Random(1)
                .doubles(100_000, 0, 24)
                .mapToLong(power -> (long) (100 * Math.exp(power)))
                .toArray();
        Arrays.stream(nanos).forEach(histogram::record);
        Arrays.sort(nanos);
        for (double share : new double[] {0.001, 0.25, 0.5, 0.99, 0.999, 1}) {
            double exact = nanos[(int) Math.ceil(share * nanos.length) - 1] / 1e3;
            assertThat(histogram.micros(share)).isCloseTo(exact, withinPercentage(1));
        }
        assertThat(histogram.maxMicros()).isEqualTo(nanos[nanos.length - 1] / 1e3);
    }

    @Test
    void smallValuesAreExact() {
        LatencyHistogram histogram = new LatencyHistogram();
        for (int i = 0; i < 200; i++) {
            histogram.record(i);
        }
        assertThat(histogram.micros(0.5)).isEqualTo(0.099);
    }
}

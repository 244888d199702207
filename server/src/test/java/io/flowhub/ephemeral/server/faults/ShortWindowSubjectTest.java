package io.flowhub.ephemeral.server.faults;

import static io.flowhub.ephemeral.server.faults.ShortWindowSubject.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.faults.ShortWindowSubject.Algorithm;
import io.flowhub.ephemeral.server.faults.ShortWindowSubject.Hit;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How many hits a limit of one second may let pass. */
@Tag("unit")
@Tag("quick")
class ShortWindowSubjectTest {

    private static final long MS = 1_000_000;

    /** So many hits, one each millisecond, that leave less and less. */
    private static List<Hit> hits(long fromMs, int count, int firstLeaves) {
        return Stream.iterate(0, i -> i + 1)
                .limit(count)
                .map(i -> new Hit((fromMs + i) * MS, (fromMs + i) * MS + MS / 2, firstLeaves - i))
                .toList();
    }

    private static boolean fits(Algorithm algorithm, List<Hit> first, List<Hit> second) {
        return ShortWindowSubject.fits(
                algorithm, Stream.concat(first.stream(), second.stream()).toList());
    }

    @Test
    void fixedWindowBeginsAgainAfterItsEnd() {
        List<Hit> full = hits(0, LIMIT, LIMIT - 1);
        assertThat(fits(Algorithm.FIXED_WINDOW, full, hits(1001, LIMIT, LIMIT - 1)))
                .isTrue();
        assertThat(fits(Algorithm.FIXED_WINDOW, full, hits(800, 1, LIMIT - 1))).isFalse();
        assertThat(fits(Algorithm.FIXED_WINDOW, hits(0, 2 * LIMIT + 1, LIMIT - 2), List.of()))
                .isFalse();
    }

    @Test
    void bucketRefillsEvenly() {
        List<Hit> full = hits(0, LIMIT, LIMIT - 1);
        assertThat(fits(Algorithm.TOKEN_BUCKET, full, hits(600, 2, 1))).isTrue();
        assertThat(fits(Algorithm.TOKEN_BUCKET, full, hits(20, 2, 1))).isFalse();
    }

    @Test
    void slidingWindowLetsPassNoMoreThanTwoWindows() {
        List<Hit> full = hits(0, LIMIT, LIMIT - 1);
        assertThat(fits(Algorithm.SLIDING_WINDOW, full, hits(20, LIMIT, LIMIT - 1)))
                .isTrue();
        assertThat(fits(Algorithm.SLIDING_WINDOW, full, hits(20, LIMIT + 1, LIMIT - 1)))
                .isFalse();
    }
}

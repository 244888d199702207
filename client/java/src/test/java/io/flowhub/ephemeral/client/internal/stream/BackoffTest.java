package io.flowhub.ephemeral.client.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class BackoffTest {

    private final Backoff backoff = new Backoff(new SplittableRandom());

    @Test
    void waitDoublesWithEachFailureUpToFiveSeconds() {
        for (int full : new int[] {100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000}) {
            assertThat(backoff.next(Optional.empty())).isBetween(Duration.ofMillis(full / 2), Duration.ofMillis(full));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(backoff.next(Optional.empty())).isBetween(Duration.ofMillis(2_500), Duration.ofSeconds(5));
        }
    }

    @Test
    void successResetsTheWait() {
        backoff.next(Optional.empty());
        backoff.next(Optional.empty());
        backoff.reset();

        assertThat(backoff.next(Optional.empty())).isLessThanOrEqualTo(Duration.ofMillis(100));
    }

    @Test
    void retryDelayOfTheServerIsTheMinimum() {
        assertThat(backoff.next(Optional.of(Duration.ofSeconds(1))))
                .isBetween(Duration.ofSeconds(1), Duration.ofMillis(1_200));
        assertThat(backoff.next(Optional.of(Duration.ofHours(1))))
                .isBetween(Duration.ofSeconds(5), Duration.ofSeconds(6));
    }

    @Test
    void waitsAreRandom() {
        Set<Duration> waits = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            waits.add(new Backoff(new SplittableRandom()).next(Optional.empty()));
            waits.add(new Backoff(new SplittableRandom()).next(Optional.of(Duration.ofSeconds(1))));
        }

        assertThat(waits).hasSizeGreaterThan(30);
    }
}

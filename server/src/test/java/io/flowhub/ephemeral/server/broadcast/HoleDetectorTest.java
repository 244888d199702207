package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A number that did not arrive is found when the next one of the same server arrives. */
@Tag("unit")
class HoleDetectorTest {

    private final HoleDetector holes = new HoleDetector();

    @Test
    void numberAfterAMissingOneIsAfterAHoleOnce() {
        assertThat(holes.isAfterHole("a", 1)).isFalse();
        assertThat(holes.isAfterHole("b", 7))
                .as("published before this server subscribed")
                .isFalse();
        assertThat(holes.isAfterHole("a", 2)).isFalse();
        assertThat(holes.isAfterHole("a", 4)).isTrue();
        assertThat(holes.isAfterHole("a", 3)).as("late").isFalse();
        assertThat(holes.isAfterHole("a", 5)).isFalse();
        assertThat(holes.isAfterHole("b", 8)).isFalse();
    }

    @Test
    void answerStatesWhichNumbersBeforeTheFirstAreMissing() {
        assertThat(holes.isHoleBeforeFirst("unknown", 3)).isFalse();
        holes.isAfterHole("a", 6);
        holes.isAfterHole("a", 7);

        assertThat(holes.isHoleBeforeFirst("a", 4)).as("5 is missing").isTrue();
        assertThat(holes.isHoleBeforeFirst("a", 5)).isFalse();
        assertThat(holes.isHoleBeforeFirst("a", 7)).isFalse();
    }

    @Test
    void resetForgetsAllNumbers() {
        holes.isAfterHole("a", 1);
        holes.reset();
        assertThat(holes.isAfterHole("a", 9)).isFalse();
    }

    @Test
    void memoryIsBoundedHoweverManyServersPublished() {
        for (int i = 0; i < 10_001; i++) {
            holes.isAfterHole("server" + i, 1);
        }
        assertThat(holes.isAfterHole("server1", 5)).as("forgotten").isFalse();
        assertThat(holes.isAfterHole("server10000", 3)).isTrue();
    }
}

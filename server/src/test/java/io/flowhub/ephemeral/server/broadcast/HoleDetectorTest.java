package io.flowhub.ephemeral.server.broadcast;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A number that did not arrive is found when the next one of the same server arrives. */
@Tag("unit")
class HoleDetectorTest {

    private final HoleDetector holes = new HoleDetector();

    @Test
    void numberAfterMissingOnesStatesThemOnce() {
        assertThat(holes.missingBefore("a", 1)).isEqualTo(Missing.NONE);
        assertThat(holes.missingBefore("b", 7))
                .as("published before this server subscribed")
                .isEqualTo(Missing.NONE);
        assertThat(holes.missingBefore("a", 2)).isEqualTo(Missing.NONE);
        assertThat(holes.missingBefore("a", 5)).isEqualTo(new Missing(2, true));
        assertThat(holes.missingBefore("a", 3)).as("late").isEqualTo(Missing.NONE);
        assertThat(holes.missingBefore("a", 6)).isEqualTo(Missing.NONE);
        assertThat(holes.missingBefore("b", 8)).isEqualTo(Missing.NONE);
    }

    @Test
    void answerStatesWhichNumbersBeforeTheFirstAreMissing() {
        assertThat(holes.missingBeforeFirst("unknown", 3)).isEqualTo(Missing.NONE);
        holes.missingBefore("a", 6);
        holes.missingBefore("a", 7);

        assertThat(holes.missingBeforeFirst("a", 4)).as("5 is missing").isEqualTo(new Missing(1, true));
        assertThat(holes.missingBeforeFirst("a", 4)).as("known").isEqualTo(Missing.NONE);
        assertThat(holes.missingBeforeFirst("a", 7)).isEqualTo(Missing.NONE);
    }

    @Test
    void numbersMissedDuringAnInterruptionAreCountedButReportedAlready() {
        holes.missingBefore("a", 1);
        holes.interrupt();
        assertThat(holes.missingBeforeFirst("a", 1)).as("unknown yet").isEqualTo(Missing.NONE);
        assertThat(holes.missingBefore("a", 9)).isEqualTo(new Missing(7, false));
        assertThat(holes.missingBeforeFirst("a", 6))
                .as("7 and 8 were published to the new subscription")
                .isEqualTo(new Missing(0, true));
        assertThat(holes.missingBefore("a", 11)).isEqualTo(new Missing(1, true));
    }

    @Test
    void memoryIsBoundedHoweverManyServersPublished() {
        for (int i = 0; i < 10_001; i++) {
            holes.missingBefore("server" + i, 1);
        }
        assertThat(holes.missingBefore("server1", 5)).as("forgotten").isEqualTo(Missing.NONE);
        assertThat(holes.missingBefore("server10000", 3)).isEqualTo(new Missing(1, true));
    }
}

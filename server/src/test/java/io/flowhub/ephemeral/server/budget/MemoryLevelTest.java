package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class MemoryLevelTest {

    @ParameterizedTest
    @CsvSource({
        // from, per mille used, to
        "OK,      0, OK",
        "OK,    800, OK",
        "OK,    801, WARN",
        "OK,    900, WARN",
        "OK,    901, FULL",
        "OK,   1200, FULL",
        "WARN,  801, WARN",
        "WARN,  751, WARN",
        "WARN,  750, OK",
        "WARN,  901, FULL",
        "FULL,  899, FULL",
        "FULL,  851, FULL",
        "FULL,  850, WARN",
        "FULL,  799, WARN",
        "FULL,  751, WARN",
        "FULL,  750, OK",
        "FULL,    0, OK",
    })
    void levelEndsFivePercentBelowItsThreshold(MemoryLevel from, long perMille, MemoryLevel to) {
        assertThat(from.next(perMille, 1000)).isEqualTo(to);
    }

    @Test
    void usageAroundAThresholdChangesTheLevelOnce() {
        MemoryLevel level = MemoryLevel.OK;
        int changes = 0;
        for (int i = 0; i < 100; i++) {
            MemoryLevel next = level.next(i % 2 == 0 ? 895 : 905, 1000);
            changes += next == level ? 0 : 1;
            level = next;
        }
        assertThat(level).isEqualTo(MemoryLevel.FULL);
        assertThat(changes).as("OK to WARN to FULL").isEqualTo(2);
    }

    @Test
    void terabytesDoNotOverflow() {
        long max = 4L << 40;
        assertThat(MemoryLevel.OK.next(max / 100 * 91, max)).isEqualTo(MemoryLevel.FULL);
        assertThat(MemoryLevel.OK.next(max / 2, max)).isEqualTo(MemoryLevel.OK);
    }
}

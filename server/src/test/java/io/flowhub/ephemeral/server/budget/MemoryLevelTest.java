package io.flowhub.ephemeral.server.budget;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class MemoryLevelTest {

    @ParameterizedTest
    @CsvSource({
        // from, per mille used, to
        "OK,      0, OK",
        "OK,    500, OK",
        "OK,    800, OK",
        "OK,    801, WARN",
        "OK,    900, WARN",
        "OK,    901, FULL",
        "OK,    910, FULL",
        "OK,   1200, FULL",
        "WARN,  801, WARN",
        "WARN,  895, WARN",
        "WARN,  751, WARN",
        "WARN,  750, OK",
        "WARN,  901, FULL",
        "FULL,  905, FULL",
        "FULL,  899, FULL",
        "FULL,  895, FULL",
        "FULL,  851, FULL",
        "FULL,  850, WARN",
        "FULL,  799, WARN",
        "FULL,  751, WARN",
        "FULL,  750, OK",
        "FULL,    0, OK",
    })
    void levelEndsFivePercentBelowItsThreshold(MemoryLevel from, long perMille, MemoryLevel to) {
        long terabytes = 4L << 40;
        assertThat(from.next(perMille, 1000)).isEqualTo(to);
        assertThat(from.next(terabytes / 1000 * perMille, terabytes)).isEqualTo(to);
    }
}

package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InvalidFieldExceptionTest {

    @Test
    void messageNamesFieldValueAndRule() {
        assertThat(new InvalidFieldException("hits", -1, "0 to 1000"))
                .hasMessage("hits: \"-1\" (expected: 0 to 1000)")
                .hasNoCause();
    }

    @Test
    void longValueIsCutBetweenCharacters() {
        assertThat(new InvalidFieldException("f", "😀".repeat(64), "r").value()).isEqualTo("😀".repeat(64));
        assertThat(new InvalidFieldException("f", "😀".repeat(65), "r").value()).isEqualTo("😀".repeat(64) + "…");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", "\u001b", "\u0085", "\u2028", "\u2029", "\u202e", "\u200b", "\ufeff", "\ud800"})
    void nothingInvisibleReachesPeoplesLogs(String invisible) {
        assertThat(new InvalidFieldException("f", "a" + invisible + "b", "r").value())
                .isEqualTo("a?b");
    }

    @Test
    void costsNoStackTrace() {
        assertThat(new InvalidFieldException("f", "v", "r").getStackTrace()).isEmpty();
    }
}

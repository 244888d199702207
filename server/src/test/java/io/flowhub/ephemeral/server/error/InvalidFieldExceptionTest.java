package io.flowhub.ephemeral.server.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class InvalidFieldExceptionTest {

    @Test
    void messageAndMetadataContainFieldValueAndRuleWithoutAStackTrace() {
        InvalidFieldException failure = new InvalidFieldException("hits", -1, "0 to 1000");

        assertThat(failure).hasMessage("hits: \"-1\" (expected: 0 to 1000)").hasNoCause();
        assertThat(failure.metadata()).isEqualTo(Map.of("field", "hits", "value", "-1", "rule", "0 to 1000"));
        assertThat(failure.getStackTrace()).isEmpty();
    }

    @Test
    void longValueIsCutBetweenCharacters() {
        assertThat(reportedValue("😀".repeat(64))).isEqualTo("😀".repeat(64));
        assertThat(reportedValue("😀".repeat(65))).isEqualTo("😀".repeat(64) + "…");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", "\u001b", "\u0085", "\u2028", "\u2029", "\u202e", "\u200b", "\ufeff", "\ud800"})
    void invisibleCharactersAreReplaced(String invisible) {
        assertThat(reportedValue("a" + invisible + "b")).isEqualTo("a?b");
    }

    private static @Nullable String reportedValue(Object value) {
        return new InvalidFieldException("f", value, "r").metadata().get("value");
    }
}

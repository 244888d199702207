package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class ValueValidatorTest {

    @ParameterizedTest
    @CsvSource({"a,1", "é,2", "日,3", "😀,4"})
    void valueMayHave256BytesWhateverItsCharacters(String character, int bytes) {
        String longest = character.repeat(256 / bytes) + "a".repeat(256 % bytes);

        assertThat(ValueValidator.check("value", longest)).isSameAs(longest);
        assertThatThrownBy(() -> ValueValidator.check("value", longest + "a"))
                .isInstanceOf(InvalidFieldException.class)
                .hasMessage("value: \"257 bytes\" (expected: up to 256 bytes)");
    }

    @Test
    void listHas1ToTheGivenNumberOfElements() {
        for (int size : List.of(0, 101)) {
            assertThatThrownBy(() -> ValueValidator.checkSize("requests", size, 100, "flags"))
                    .hasMessage("requests: \"" + size + " flags\" (expected: 1 to 100 flags)");
        }
        ValueValidator.checkSize("requests", 1, 100, "flags");
        ValueValidator.checkSize("requests", 100, 100, "flags");
    }

    @ParameterizedTest
    @CsvSource({"''", "' '", "a:b{c}"})
    void valueMayBeAnyText(String value) {
        assertThat(ValueValidator.check("value", value)).isSameAs(value);
    }
}

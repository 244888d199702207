package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @ParameterizedTest
    @CsvSource({"''", "' '", "a:b{c}"})
    void valueMayBeAnyText(String value) {
        assertThat(ValueValidator.check("value", value)).isSameAs(value);
    }
}

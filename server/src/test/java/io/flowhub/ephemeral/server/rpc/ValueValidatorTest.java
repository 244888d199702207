package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    @ParameterizedTest
    @ValueSource(ints = {0, 101})
    void listSizeOutOfRangeIsRejected(int size) {
        assertThatThrownBy(() -> ValueValidator.checkSize("requests", size, 100, "flags"))
                .hasMessage("requests: \"" + size + " flags\" (expected: 1 to 100 flags)");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100})
    void listSizeInRangeIsAccepted(int size) {
        assertThatCode(() -> ValueValidator.checkSize("requests", size, 100, "flags"))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"''", "' '", "a:b{c}"})
    void valueMayBeAnyText(String value) {
        assertThat(ValueValidator.check("value", value)).isSameAs(value);
    }
}

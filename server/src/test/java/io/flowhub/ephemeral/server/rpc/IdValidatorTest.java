package io.flowhub.ephemeral.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("unit")
class IdValidatorTest {

    private static List<String> valid() {
        String punctuation = "!\"#$%&'()*+,-./09;<=>?@AZ[\\]^_`az|~";
        return List.of(
                "1", "user-42", "a.b_c/d|e@example.com", punctuation, "*", "é", "ж", "日本語", "😀", "\u00a1", "\uffff");
    }

    @ParameterizedTest
    @MethodSource("valid")
    void validIdIsReturnedUnchanged(String id) {
        assertThat(IdValidator.check("user_id", id)).isSameAs(id);
    }

    @ParameterizedTest
    @CsvSource({"a,1", "é,2", "日,3", "😀,4"})
    void idMayHave1To128BytesWhateverItsCharacters(String character, int bytes) {
        String longest = character.repeat(128 / bytes) + "a".repeat(128 % bytes);

        assertThat(IdValidator.check("user_id", longest)).isEqualTo(longest);
        for (String rejected : List.of("", longest + "a", longest.repeat(8_000))) {
            assertRejected(rejected, "1 to 128 bytes");
        }
    }

    private static List<String> forbidden() {
        String characters = ":{} \t\n\r\0\u001f\u007f\u0080\u0085\u009f\u00a0\u1680"
                + "\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000"
                + "\u00ad\u200b\u200d\u200e\u202e\u2060\ufeff";
        return Stream.concat(Stream.of(characters.split("")), Stream.of("\ud800", "\udc00", "\udc00\ud800"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("forbidden")
    void separatorsSpacesInvisibleCharactersAndUnpairedSurrogatesAreRejectedAnywhere(String forbidden) {
        String rule = "no ':', '{', '}', white space, control or format characters";
        assertRejected(forbidden, rule);
        assertRejected("a" + forbidden + "b", rule);
        assertRejected("é" + forbidden, rule);
    }

    private static void assertRejected(String id, String rule) {
        assertThatThrownBy(() -> IdValidator.check("requests[3].user_id", id))
                .isInstanceOfSatisfying(InvalidFieldException.class, rejected -> {
                    assertThat(rejected.field()).isEqualTo("requests[3].user_id");
                    assertThat(rejected.metadata()).containsEntry("rule", rule);
                });
    }
}

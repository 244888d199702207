package io.flowhub.ephemeral.server.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flowhub.ephemeral.server.error.InvalidFieldException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("unit")
class JsonValidatorTest {

    private static final String RULE = "\" (expected: one JSON object (RFC 8259), nested at most 100 deep)";

    @Test
    void objectIsAccepted() {
        String values = " {\"a\":[1,-2.5e+3,true,false,null,{}]}\t";
        List.of(
                        "{}",
                        values,
                        "{\"a\":\"\\ud800\"}",
                        "{\"\\uDFAA\":0}",
                        "{\"\\\\uDFAA\":0}",
                        "{\"a\":\"\\u0000\"}",
                        "{\"a\":1,\"a\":2}")
                .forEach(json -> JsonValidator.check("json", json));
    }

    static Stream<String> otherTexts() {
        List<String> values = List.of("", " ", "[]", "[{}]", "1", "\"a\"", "null", "true", "NaN");
        List<String> truncated = List.of("{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":\"", "{\"a\":1]", "}");
        List<String> followed = List.of("{}{}", "{} 1", "{},", "{}x", "{}\0", "{} //", "{}#");
        List<String> dialects = List.of(
                "{a:1}", "{'a':1}", "{\"a\":'b'}", "{\"a\":1,}", "{\"a\":[1,]}", "{,}", "/**/{}", "{\"a\":/**/1}");
        List<String> separators = List.of(
                "\ufeff{}", "\u00a0{}", "{1:2}", "{null:2}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}");
        List<String> numbers = List.of(
                "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":0x1}");
        List<String> words = List.of(
                "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":nul}", "{\"a\":True}", "{\"a\":}");
        List<String> controls = List.of("{\"a\":\"\t\"}", "{\"a\":\"\0\"}", "{\"a\":\"\n\"}", "{\"a\n\":1}");
        List<String> escapes = List.of("{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u12g4\"}", "{\"\\'\":1}");
        return Stream.of(values, truncated, followed, dialects, separators, numbers, words, controls, escapes)
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("otherTexts")
    void anythingElseIsRejected(String json) {
        assertThat(rejection(json).getMessage()).startsWith("json: \"").endsWith(RULE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[1] | 3 bytes, wrong at character 1",
                "{} {} | 5 bytes, wrong at character 4",
                "{\"ü\":1,\"secret\":oops} | 22 bytes, wrong at character 17",
            })
    void errorContainsSizeAndPositionButNotTheText(String json, String expected) {
        assertThat(rejection(json).getMessage()).isEqualTo("json: \"" + expected + RULE);
    }

    @Test
    void nestingIsBounded() {
        JsonValidator.check("json", nested(100));
        assertThat(rejection(nested(101)).getMessage()).endsWith(RULE);
        assertThat(rejection(nested(2_000)).getMessage()).endsWith(RULE);
        assertThat(rejection("{\"a\":".repeat(800)).getMessage()).endsWith(RULE);
    }

    @Test
    void sizeIsCountedInBytesOfUtf8() {
        JsonValidator.check("json", "{\"a\":\"" + "ü".repeat(2_556) + "\"}");
        assertThat(rejection("{\"a\":\"" + "ü".repeat(2_556) + "x\"}").getMessage())
                .isEqualTo("json: \"5121 bytes\" (expected: at most 5120 bytes)");
        assertThat(rejection("\ud83d\ude00".repeat(100_000)).getMessage())
                .isEqualTo("json: \"400000 bytes\" (expected: at most 5120 bytes)");
    }

    /** Returns an object nested to this depth; the object itself is the first level. */
    private static String nested(int depth) {
        return "{\"a\":" + "[".repeat(depth - 1) + "]".repeat(depth - 1) + "}";
    }

    private static InvalidFieldException rejection(String json) {
        InvalidFieldException rejection =
                catchThrowableOfType(InvalidFieldException.class, () -> JsonValidator.check("json", json));
        assertThat(rejection).as(json).isNotNull();
        return rejection;
    }
}

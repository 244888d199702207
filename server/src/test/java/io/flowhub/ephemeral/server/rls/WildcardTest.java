package io.flowhub.ephemeral.server.rls;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("unit")
class WildcardTest {

    @ParameterizedTest
    @CsvSource({
        "foo*, foo",
        "foo*, foobar",
        "*, ''",
        "*, x",
        "*bar, bar",
        "*bar, foobar",
        "bar*b, barb",
        "bar*b, barab",
        "foo*bar*baz, foobarbaz",
        "foo*bar*baz, foo1bar2baz",
        "foo*bar*baz, foobarbarbaz",
        "a*b*, ab",
        "a**b, ab",
        "**, x",
        "a*a, aa",
        "a*b*c, abbc",
        "*a*, bab",
        "a*bc*c, abcc"
    })
    void matches(String pattern, String value) {
        assertThat(Wildcard.of(pattern).matches(value)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "foo*, fo",
        "foo*, xfoo",
        "*bar, barx",
        "bar*b, bar",
        "a*a, a",
        "ab*ba, aba",
        "foo*bar*baz, foobaz",
        "foo*bar*baz, foobar",
        "foo*bar*baz, foobabaz",
        "a*bc*c, abc",
        "Foo*, foox",
        "a*b*c, acb"
    })
    void doesNotMatch(String pattern, String value) {
        assertThat(Wildcard.of(pattern).matches(value)).isFalse();
    }
}

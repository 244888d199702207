package io.flowhub.ephemeral.server.secret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class Sha256Test {

    /** {@code printf '\0\0\0\2ab\0\0\0\2\xc3\xbc' | openssl sha256 -binary | base64}, with - and _ for + and /. */
    @Test
    void ofFieldsIsTheDigestOfEachLengthAndField() {
        assertThat(Sha256.ofFields("ab", "ü")).isEqualTo("9KAMvJPdwsfgW_nEk7R0OvrYxqv-VJDbc7HY0aU3vpI");
    }

    @Test
    void boundariesOfFieldsChangeTheDigest() {
        assertThat(Sha256.ofFields("ab", "c")).isNotEqualTo(Sha256.ofFields("a", "bc"));
        assertThat(Sha256.ofFields("ab")).isNotEqualTo(Sha256.ofFields("ab", ""));
    }

    /** {@code printf 'ab' | openssl sha256 -binary | basenc --base64url}, without padding. */
    @Test
    void ofTextIsThePlainDigest() {
        assertThat(Sha256.ofText("ab")).isEqualTo("-44g_C5MPySMYMOb1lLzwTRymLuXe4tNWQO4UFViBgM");
    }
}

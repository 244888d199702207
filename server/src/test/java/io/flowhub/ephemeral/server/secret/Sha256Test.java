package io.flowhub.ephemeral.server.secret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Sha256Test {

    /** {@code printf '\0\0\0\2ab\0\0\0\2\xc3\xbc' | openssl sha256 -binary | base64}, with - and _ for + and /. */
    @Test
    void isTheDigestOfTheFieldsEachWithItsLengthBeforeIt() {
        assertThat(Sha256.of("ab", "ü")).isEqualTo("9KAMvJPdwsfgW_nEk7R0OvrYxqv-VJDbc7HY0aU3vpI");
    }

    @Test
    void fieldsDoNotRunIntoEachOther() {
        assertThat(Sha256.of("ab", "c")).isNotEqualTo(Sha256.of("a", "bc"));
        assertThat(Sha256.of("ab")).isNotEqualTo(Sha256.of("ab", ""));
    }
}

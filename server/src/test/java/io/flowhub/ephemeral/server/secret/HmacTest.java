package io.flowhub.ephemeral.server.secret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class HmacTest {

    private static final String KEY = "pepper-of-the-tests-pepper-of-the-tests";

    /** {@code printf '\0\0\0\4code\0\0\0\1u' | openssl dgst -sha256 -hmac KEY -binary | basenc --base64url}. */
    @Test
    void ofIsTheHmacOfEachLengthAndField() {
        assertThat(new Hmac(KEY).of("code", "u")).isEqualTo("y5OvTZKJeqgXJF55Rlo_2j_TpIbnozwRA6x2SH3Dt6k");
    }

    @Test
    void boundariesOfFieldsChangeTheMac() {
        Hmac hmac = new Hmac(KEY);
        assertThat(hmac.of("ab", "c")).isNotEqualTo(hmac.of("a", "bc")).isNotEqualTo(hmac.of("abc"));
        assertThat(hmac.of("ab", "")).isNotEqualTo(hmac.of("ab"));
    }

    @Test
    void toStringRedactsTheKey() {
        assertThat(new Hmac(KEY).toString()).doesNotContain("pepper");
    }
}

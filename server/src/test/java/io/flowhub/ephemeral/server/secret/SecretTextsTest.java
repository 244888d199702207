package io.flowhub.ephemeral.server.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@link Sha256}, {@link Hmac} and {@link RandomText}. */
@Tag("unit")
class SecretTextsTest {

    private static final String KEY = "pepper-of-the-tests-pepper-of-the-tests";

    /** {@code printf '\0\0\0\4code\0\0\0\1u' | openssl dgst -sha256 [-hmac KEY] -binary | basenc --base64url}. */
    @Test
    void digestAndMacAreOfEachLengthAndFieldExceptOfOneText() {
        assertThat(Sha256.ofFields("ab", "ü")).isEqualTo("9KAMvJPdwsfgW_nEk7R0OvrYxqv-VJDbc7HY0aU3vpI");
        assertThat(new Hmac(KEY).of("code", "u")).isEqualTo("y5OvTZKJeqgXJF55Rlo_2j_TpIbnozwRA6x2SH3Dt6k");
        assertThat(Sha256.ofText("ab")).isEqualTo("-44g_C5MPySMYMOb1lLzwTRymLuXe4tNWQO4UFViBgM");
    }

    @Test
    void boundariesOfFieldsChangeTheDigestAndTheMac() {
        for (Function<String[], String> of : List.<Function<String[], String>>of(Sha256::ofFields, new Hmac(KEY)::of)) {
            assertThat(List.of("ab,c", "a,bc", "abc", "ab", "ab,"))
                    .extracting(fields -> of.apply(fields.split(",", -1)))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void toStringRedactsTheKey() {
        assertThat(new Hmac(KEY).toString()).doesNotContain("pepper");
    }

    @Test
    void randomTextIsThisManyBytesAsBase64urlWithoutPadding() {
        assertThat(RandomText.of(32)).matches("[A-Za-z0-9_-]{43}");
        assertThat(Base64.getUrlDecoder().decode(RandomText.of(16))).hasSize(16);
    }

    @Test
    void everyBitOfARandomTextIsRandom() {
        Set<String> texts = new HashSet<>();
        BitSet ones = new BitSet(256);
        BitSet zeros = new BitSet(256);
        for (int i = 0; i < 200; i++) { // a fair bit is the same 200 times in 1 of 2^199 runs
            String text = RandomText.of(32);
            BitSet bits = BitSet.valueOf(Base64.getUrlDecoder().decode(text));
            texts.add(text);
            ones.or(bits);
            bits.flip(0, 256);
            zeros.or(bits);
        }
        assertThat(texts).hasSize(200);
        assertThat(ones.cardinality()).isEqualTo(256);
        assertThat(zeros.cardinality()).isEqualTo(256);
    }
}

package io.flowhub.ephemeral.server.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class RandomTextTest {

    @Test
    void ofIsThisManyBytesAsBase64urlWithoutPadding() {
        assertThat(RandomText.of(32)).matches("[A-Za-z0-9_-]{43}");
        assertThat(Base64.getUrlDecoder().decode(RandomText.of(16))).hasSize(16);
    }

    @Test
    void everyBitIsRandom() {
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

package io.flowhub.ephemeral.server.otp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class OtpCodesTest {

    private static final int CODES = 1_000_000;

    /** With 9 degrees of freedom an unbiased digit exceeds this about once in ten million tests. */
    private static final double CHI_SQUARE = 50;

    @Test
    void digitsAreUniformAtEveryPosition() {
        OtpCodes codes = new OtpCodes(6);
        int[][] counts = new int[6][10];
        for (int i = 0; i < CODES; i++) {
            String code = codes.next();
            for (int position = 0; position < 6; position++) {
                counts[position][code.charAt(position) - '0']++;
            }
        }
        for (int[] position : counts) {
            double expected = CODES / 10.0;
            double chiSquare = 0;
            for (int count : position) {
                chiSquare += (count - expected) * (count - expected) / expected;
            }
            assertThat(chiSquare).isLessThan(CHI_SQUARE);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 7, 8, 9, 10})
    void codesKeepLeadingZerosAndMayBeAllZeros(int digits) {
        OtpCodes codes = new OtpCodes(digits);
        for (int i = 0; i < 1_000; i++) {
            assertThat(codes.next()).matches("[0-9]{" + digits + "}");
        }
        assertThat(new OtpCodes(digits, () -> 0).next()).isEqualTo("0".repeat(digits));
    }
}

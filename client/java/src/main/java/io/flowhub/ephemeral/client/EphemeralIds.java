package io.flowhub.ephemeral.client;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Makes ids of texts that may contain what an id may not, such as the address {@code 2001:db8::1} or {@code user:123}. All
 * clients of Ephemeral escape alike.
 */
public final class EphemeralIds {

    private static final int MAX_BYTES = 128;

    /**
     * What is escaped, from and to, ascending: what an id may not have by Unicode 17, and {@code %}. Not read from
     * {@link Character}: one text must have one id with every version of Java, and in every language.
     */
    private static final int[] ESCAPED = {
        0x0000, 0x0020, 0x0025, 0x0025, 0x003A, 0x003A, 0x007B, 0x007B, 0x007D, 0x007D,
        0x007F, 0x00A0, 0x00AD, 0x00AD, 0x0600, 0x0605, 0x061C, 0x061C, 0x06DD, 0x06DD,
        0x070F, 0x070F, 0x0890, 0x0891, 0x08E2, 0x08E2, 0x1680, 0x1680, 0x180E, 0x180E,
        0x2000, 0x200F, 0x2028, 0x202F, 0x205F, 0x2064, 0x2066, 0x206F, 0x3000, 0x3000,
        0xFEFF, 0xFEFF, 0xFFF9, 0xFFFB, 0x110BD, 0x110BD, 0x110CD, 0x110CD, 0x13430, 0x1343F,
        0x1BCA0, 0x1BCA3, 0x1D173, 0x1D17A, 0xE0001, 0xE0001, 0xE0020, 0xE007F
    };

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /**
     * Replaces each {@code :}, <code>{</code>, <code>}</code>, white space, control or format character and {@code %} by
     * the bytes of its UTF-8, each as {@code %} and two digits: {@code user:123} becomes {@code user%3A123}. Two texts never
     * have the same id.
     *
     * @return 1 to 128 bytes of UTF-8
     * @throws IllegalArgumentException if the text is empty, not Unicode (half of a surrogate pair), or its id would be
     *     longer
     */
    public static String escape(String text) {
        StringBuilder id = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            if (isEscaped(c)) {
                for (byte b : utf8(Character.toString(c))) {
                    id.append('%');
                    HEX.toHexDigits(id, b);
                }
            } else {
                id.appendCodePoint(c);
            }
        });
        int bytes = utf8(id.toString()).length;
        if (bytes < 1 || bytes > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "text: its id has " + bytes + " bytes (expected: 1 to " + MAX_BYTES + ")");
        }
        return id.toString();
    }

    /** Whether it is a bound, or an odd number of bounds is below it. */
    private static boolean isEscaped(int c) {
        int found = Arrays.binarySearch(ESCAPED, c);
        return found >= 0 || (-found - 1) % 2 == 1;
    }

    /**
     * The text that {@link #escape} made this id of.
     *
     * @throws IllegalArgumentException if a {@code %} is not followed by two digits of base 16, or the bytes are not UTF-8
     */
    public static String unescape(String id) {
        byte[] escaped = utf8(id);
        ByteArrayOutputStream text = new ByteArrayOutputStream(escaped.length);
        for (int i = 0; i < escaped.length; i++) {
            if (escaped[i] != '%') {
                text.write(escaped[i]);
            } else if (i + 2 < escaped.length
                    && HexFormat.isHexDigit(escaped[i + 1])
                    && HexFormat.isHexDigit(escaped[i + 2])) {
                text.write(HexFormat.fromHexDigit(escaped[i + 1]) << 4 | HexFormat.fromHexDigit(escaped[i + 2]));
                i += 2;
            } else {
                throw notEscaped(id, null);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw notEscaped(id, e);
        }
    }

    private static IllegalArgumentException notEscaped(String id, @Nullable Throwable cause) {
        return new IllegalArgumentException("id: \"" + id + "\" (expected: %XX for each byte of UTF-8)", cause);
    }

    private static byte[] utf8(String text) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] exact = new byte[bytes.remaining()];
            bytes.get(exact);
            return exact;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("text: half of a surrogate pair (expected: Unicode)", e);
        }
    }

    private EphemeralIds() {}
}

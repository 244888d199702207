package io.flowhub.ephemeral.client;

import io.flowhub.ephemeral.client.internal.IdFormat;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Makes ids of texts that may contain what an id may not, such as the address {@code 2001:db8::1} or {@code user:123}. All
 * clients of Ephemeral escape alike.
 */
public final class EphemeralIds {

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
            if (c == '%' || IdFormat.isForbidden(c)) {
                for (byte b : utf8(Character.toString(c))) {
                    id.append('%');
                    HEX.toHexDigits(id, b);
                }
            } else {
                id.appendCodePoint(c);
            }
        });
        return IdFormat.require(id.toString());
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

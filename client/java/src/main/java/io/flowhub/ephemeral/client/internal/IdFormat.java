package io.flowhub.ephemeral.client.internal;

import java.nio.charset.StandardCharsets;

/** The server's rule for ids. The server ends a stream that breaks it, so streams check it first. */
public final class IdFormat {

    private static final int MAX_BYTES = 128;

    /**
     * Returns the id.
     *
     * @throws IllegalArgumentException if it breaks the rule
     */
    public static String require(String id) {
        int bytes = id.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1 || bytes > MAX_BYTES || id.codePoints().anyMatch(IdFormat::isForbidden)) {
            throw new IllegalArgumentException("id: \"" + id + "\" (expected: 1 to " + MAX_BYTES
                    + " bytes; no ':', '{', '}', white space, control or format characters)");
        }
        return id;
    }

    private static boolean isForbidden(int c) {
        return c == ':'
                || c == '{'
                || c == '}'
                || Character.isSpaceChar(c)
                || Character.isISOControl(c)
                || Character.getType(c) == Character.SURROGATE
                || Character.getType(c) == Character.FORMAT;
    }

    private IdFormat() {}
}

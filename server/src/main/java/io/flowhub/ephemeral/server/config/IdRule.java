package io.flowhub.ephemeral.server.config;

import org.jspecify.annotations.Nullable;

/**
 * The rule for each id that becomes part of a key, in a request or in the configuration: 1 to 128 bytes of UTF-8, without
 * {@code :} (user {@code 1} with action {@code a:b} would share a key with user {@code 1:a} and action {@code b}), without
 * braces (they select the slot of a Redis Cluster), white space, control and format characters (invisible ones would give
 * one user several keys).
 */
public final class IdRule {

    private static final int MAX_BYTES = 128;

    private static final String LENGTH = "1 to " + MAX_BYTES + " bytes";
    private static final String CHARACTERS = "no ':', '{', '}', white space, control or format characters";

    /** The part of the rule that the id violates, or null. */
    public static @Nullable String violationOf(String id) {
        int length = id.length();
        if (length == 0 || length > MAX_BYTES) {
            return LENGTH;
        }
        int bytes = 0;
        for (int i = 0; i < length; ) {
            int c = id.codePointAt(i);
            if (c <= 0x7f ? isForbiddenAscii(c) : isForbidden(c)) {
                return CHARACTERS;
            }
            bytes += c <= 0x7f ? 1 : c <= 0x7ff ? 2 : c <= 0xffff ? 3 : 4;
            i += Character.charCount(c);
        }
        return bytes > MAX_BYTES ? LENGTH : null;
    }

    private static boolean isForbiddenAscii(int c) {
        return c <= ' ' || c == 0x7f || c == ':' || c == '{' || c == '}';
    }

    private static boolean isForbidden(int c) {
        return switch (Character.getType(c)) {
            case Character.SURROGATE, Character.FORMAT -> true;
            default -> Character.isISOControl(c) || Character.isSpaceChar(c);
        };
    }

    private IdRule() {}
}

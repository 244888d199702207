package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.IdRule;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Texts, joined by {@code |} so that no two lists of them have the same result, which is an id. A character that separates
 * parts, or that {@link IdRule} forbids, becomes {@code %} and two hexadecimal digits for each of its bytes in UTF-8. An
 * empty part is a lone {@code %}.
 */
final class EscapedParts {

    private static final char SEPARATOR = '|';
    private static final char ESCAPE = '%';
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final StringBuilder joined = new StringBuilder(64);

    EscapedParts add(String part) {
        if (!joined.isEmpty()) {
            joined.append(SEPARATOR);
        }
        if (part.isEmpty()) {
            joined.append(ESCAPE);
        } else if (isPlain(part)) {
            joined.append(part);
        } else {
            part.codePoints().forEach(this::addEscaped);
        }
        return this;
    }

    /** Nearly all parts are ASCII, and need no look at each code point. */
    private static boolean isPlain(String part) {
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == SEPARATOR || c == ESCAPE || c == ':' || c == '{' || c == '}') {
                return false;
            }
        }
        return true;
    }

    private void addEscaped(int c) {
        String text = Character.toString(c);
        if (c != SEPARATOR && c != ESCAPE && IdRule.violationOf(text) == null) {
            joined.append(text);
            return;
        }
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            joined.append(ESCAPE).append(HEX.toHexDigits(each));
        }
    }

    @Override
    public String toString() {
        return joined.toString();
    }
}

package io.flowhub.ephemeral.server.log;

/** Text of a remote peer or of a library, as a part of one line. */
final class EscapedText {

    private static final int MAX_LENGTH = 4_096;

    /** Returns the text without line breaks and other characters that do not show, and cut at a length. */
    static String of(String text) {
        StringBuilder escaped = new StringBuilder();
        int length = Math.min(text.length(), MAX_LENGTH);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                escaped.append("\\n");
            } else if (isInvisible(c)) {
                escaped.append(String.format("\\u%04x", (int) c));
            } else {
                escaped.append(c);
            }
        }
        if (length < text.length()) {
            escaped.append("... (").append(text.length()).append(" characters)");
        }
        return escaped.toString();
    }

    /** Characters that move the cursor, end the line or hide others. */
    private static boolean isInvisible(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }

    private EscapedText() {}
}

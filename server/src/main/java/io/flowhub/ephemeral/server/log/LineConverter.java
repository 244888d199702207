package io.flowhub.ephemeral.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.pattern.ThrowableHandlingConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;

/**
 * The message and its exception, as one line: some texts come from a remote peer, and must not look like lines of the
 * server. Only an error has a stack trace, in further lines that start with a tab.
 */
public final class LineConverter extends ThrowableHandlingConverter {

    /** The longest text of a peer or a library that is logged. */
    private static final int MAX_LENGTH = 4_096;

    private static final int MAX_CAUSES = 5;
    private static final int MAX_FRAMES = 40;

    @Override
    public String convert(ILoggingEvent event) {
        StringBuilder line = new StringBuilder();
        appendEscaped(line, event.getFormattedMessage());
        IThrowableProxy thrown = event.getThrowableProxy();
        for (int i = 0; thrown != null && i < MAX_CAUSES; i++) {
            line.append(": ");
            appendException(line, thrown);
            thrown = thrown.getCause();
        }
        if (event.getLevel() == Level.ERROR) {
            appendStackTraces(line, event.getThrowableProxy());
        }
        return line.toString();
    }

    private static void appendStackTraces(StringBuilder line, IThrowableProxy outermost) {
        IThrowableProxy thrown = outermost;
        for (int i = 0; thrown != null && i < MAX_CAUSES; i++) {
            line.append("\n\t");
            appendException(line, thrown);
            StackTraceElementProxy[] frames = thrown.getStackTraceElementProxyArray();
            int own = Math.min(frames.length - thrown.getCommonFrames(), MAX_FRAMES);
            for (int j = 0; j < own; j++) {
                line.append("\n\t\t").append(frames[j].getSTEAsString());
            }
            thrown = thrown.getCause();
        }
    }

    private static void appendException(StringBuilder line, IThrowableProxy thrown) {
        String name = thrown.getClassName();
        line.append(name, name.lastIndexOf('.') + 1, name.length());
        if (thrown.getMessage() != null) {
            line.append(": ");
            appendEscaped(line, thrown.getMessage());
        }
    }

    private static void appendEscaped(StringBuilder line, String text) {
        int length = Math.min(text.length(), MAX_LENGTH);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line.append("\\n");
            } else if (isInvisible(c)) {
                line.append(String.format("\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
        if (length < text.length()) {
            line.append("... (").append(text.length()).append(" characters)");
        }
    }

    /** Characters that move the cursor, end the line or hide others. */
    private static boolean isInvisible(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}

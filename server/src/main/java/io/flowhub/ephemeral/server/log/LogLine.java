package io.flowhub.ephemeral.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import io.flowhub.ephemeral.server.event.LogEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * What is written of an event, in every format. Redisson logs keys and arguments with its errors, and its exceptions have
 * them in their messages: of both only the constant text and the class remain.
 *
 * @param event the name of the event; null for those of libraries
 * @param error the exception and its causes, in one line
 * @param stack the stack traces of an error of the server or of another library, each line of a new exception with one
 *     tab, of a frame with two. Redisson logs as errors what follows from an outage
 */
record LogLine(
        ILoggingEvent of,
        @Nullable String event,
        String message,
        Map<String, Object> fields,
        @Nullable String error,
        @Nullable String stack) {

    private static final int MAX_CAUSES = 5;
    private static final int MAX_FRAMES = 40;
    private static final String REDISSON = "org.redisson.";
    private static final String OWN = "io.flowhub.";
    private static final String LEFT_OUT = "(text left out)";

    static LogLine of(ILoggingEvent event) {
        IThrowableProxy thrown = event.getThrowableProxy();
        boolean redacted = event.getLoggerName().startsWith(REDISSON);
        boolean redactedCauses = redacted || anyOfRedisson(thrown);
        Map<String, Object> fields = new LinkedHashMap<>();
        for (KeyValuePair field : Optional.ofNullable(event.getKeyValuePairs()).orElse(List.of())) {
            fields.put(field.key, field.value);
        }
        Object name = fields.remove(LogEvent.NAME);
        return new LogLine(
                event,
                name == null ? null : name.toString(),
                redacted ? template(event) : event.getFormattedMessage(),
                redacted ? Map.of() : fields,
                thrown == null ? null : chain(thrown, redactedCauses),
                thrown != null && event.getLevel() == Level.ERROR && !redacted
                        ? stackTraces(thrown, redactedCauses)
                        : null);
    }

    Level level() {
        return of.getLevel();
    }

    String logger() {
        return of.getLoggerName();
    }

    /** The class of the exception; null if there is none. */
    @Nullable
    String errorClass() {
        return of.getThrowableProxy() == null ? null : simpleName(of.getThrowableProxy());
    }

    private static String simpleName(IThrowableProxy thrown) {
        return thrown.getClassName().substring(thrown.getClassName().lastIndexOf('.') + 1);
    }

    /** What the code of the library contains; the text of an exception is not constant. */
    private static String template(ILoggingEvent event) {
        IThrowableProxy thrown = event.getThrowableProxy();
        boolean hasArguments = event.getArgumentArray() != null && event.getArgumentArray().length > 0;
        boolean isOfException = thrown == null || Objects.equals(event.getMessage(), thrown.getMessage());
        return event.getMessage() == null || (!hasArguments && isOfException) ? LEFT_OUT : event.getMessage();
    }

    private static boolean anyOfRedisson(@Nullable IThrowableProxy outermost) {
        IThrowableProxy thrown = outermost;
        for (int i = 0; thrown != null && i < MAX_CAUSES; i++) {
            if (thrown.getClassName().startsWith(REDISSON)) {
                return true;
            }
            thrown = thrown.getCause();
        }
        return false;
    }

    private static String chain(IThrowableProxy outermost, boolean redacted) {
        StringBuilder text = new StringBuilder();
        IThrowableProxy thrown = outermost;
        for (int i = 0; thrown != null && i < MAX_CAUSES; i++) {
            text.append(i == 0 ? "" : ": ");
            appendException(text, thrown, redacted);
            thrown = thrown.getCause();
        }
        return text.toString();
    }

    private static String stackTraces(IThrowableProxy outermost, boolean redacted) {
        StringBuilder text = new StringBuilder();
        IThrowableProxy thrown = outermost;
        for (int i = 0; thrown != null && i < MAX_CAUSES; i++) {
            text.append("\n\t");
            appendException(text, thrown, redacted);
            StackTraceElementProxy[] frames = thrown.getStackTraceElementProxyArray();
            int own = Math.min(frames.length - thrown.getCommonFrames(), MAX_FRAMES);
            for (int j = 0; j < own; j++) {
                text.append("\n\t\t").append(frames[j].getSTEAsString());
            }
            thrown = thrown.getCause();
        }
        return text.substring(1);
    }

    private static void appendException(StringBuilder text, IThrowableProxy thrown, boolean redacted) {
        text.append(simpleName(thrown));
        if (thrown.getMessage() != null && (!redacted || thrown.getClassName().startsWith(OWN))) {
            text.append(": ").append(EscapedText.of(thrown.getMessage()));
        }
    }
}

package io.flowhub.ephemeral.server.event;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * An event of the log. Declared as a constant where it is logged; docs/reference/events.md lists all of them. Name and
 * fields are key-value pairs of the log line.
 */
public final class LogEvent {

    /** The key of the name. */
    public static final String NAME = "event";

    private static final Pattern FIELD = Pattern.compile("\\{(\\w+)}");

    private final String name;
    private final Level level;
    private final String message;
    private final List<String> fields;

    /**
     * Declares an event that nothing has to be done about.
     *
     * @param message with the fields in braces, as in {@code Cannot subscribe: {cause}}
     */
    public static LogEvent info(String name, String message) {
        return new LogEvent(name, Level.INFO, message);
    }

    /** Declares an event that a person has to look at in time. */
    public static LogEvent warn(String name, String message) {
        return new LogEvent(name, Level.WARN, message);
    }

    /**
     * Declares an event that a person has to look at soon.
     *
     * @param optional fields beyond those of the message
     */
    public static LogEvent error(String name, String message, String... optional) {
        return new LogEvent(name, Level.ERROR, message, optional);
    }

    private LogEvent(String name, Level level, String message, String... optional) {
        this.name = name;
        this.level = level;
        this.message = message;
        this.fields = Stream.concat(
                        FIELD.matcher(message).results().map(match -> match.group(1)), Arrays.stream(optional))
                .toList();
    }

    public String name() {
        return name;
    }

    public Level level() {
        return level;
    }

    /** With the fields in braces. */
    public String message() {
        return message;
    }

    /** Those of the message in their order, then the optional ones. */
    public List<String> fields() {
        return fields;
    }

    /**
     * Logs the event.
     *
     * @param values of the fields, then the exception if there is one; an optional field that is null is left out. A
     *     duration is logged as {@code 10 s}
     */
    public void log(Logger log, @Nullable Object... values) {
        StringBuilder format = new StringBuilder(FIELD.matcher(message).replaceAll("{}"));
        LoggingEventBuilder line = log.atLevel(level).addKeyValue(NAME, name);
        for (int i = 0; i < values.length; i++) {
            Object value = values[i] instanceof Duration duration ? text(duration) : values[i];
            if (i >= fields.size()) {
                line = line.setCause((Throwable) value);
            } else if (value != null) {
                String field = fields.get(i);
                line = line.addArgument(value).addKeyValue(field, value);
                if (!message.contains("{" + field + "}")) {
                    format.append(", ").append(field).append(" {}");
                }
            }
        }
        line.log(format.toString());
    }

    /** Such as {@code 250 ms}, {@code 10 s}, {@code 5 min} or {@code 2 h}: the largest unit that gives a whole number. */
    public static String text(Duration duration) {
        long millis = duration.toMillis();
        long seconds = millis / 1_000;
        if (millis % 1_000 != 0) {
            return millis + " ms";
        }
        if (seconds == 0 || seconds % 60 != 0) {
            return seconds + " s";
        }
        return seconds % 3_600 == 0 ? seconds / 3_600 + " h" : seconds / 60 + " min";
    }
}

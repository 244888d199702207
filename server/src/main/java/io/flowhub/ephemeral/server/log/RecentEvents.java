package io.flowhub.ephemeral.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.slf4j.LoggerFactory;

/**
 * The latest events of the log, in memory: what the server logs from INFO on, and what libraries log from WARN on. Of an
 * exception only the class is kept: its message may contain what a request did.
 */
public final class RecentEvents extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    private static final int MAX_EVENTS = 50;
    private static final int MAX_LENGTH = 500;
    private static final String OWN_LOGGERS = "io.flowhub.ephemeral.";
    private static final JsonFactory JSON = new JsonFactory();

    private record Event(String time, Level level, String logger, String name, String text) {}

    /** Guarded by itself. The latest event is the first one. */
    private final Deque<Event> events = new ArrayDeque<>();

    private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    /** Keeps events from now on, until it is closed. */
    public static RecentEvents open() {
        RecentEvents events = new RecentEvents();
        events.start();
        events.root.addAppender(events);
        return events;
    }

    private RecentEvents() {}

    @Override
    protected void append(ILoggingEvent event) {
        Level least = event.getLoggerName().startsWith(OWN_LOGGERS) ? Level.INFO : Level.WARN;
        if (!event.getLevel().isGreaterOrEqual(least)) {
            return;
        }
        LogLine line = LogLine.of(event);
        String logger = event.getLoggerName();
        Event kept = new Event(
                event.getInstant().toString(),
                event.getLevel(),
                logger.substring(logger.lastIndexOf('.') + 1),
                Objects.requireNonNullElse(line.event(), ""),
                text(line));
        synchronized (events) {
            events.addFirst(kept);
            if (events.size() > MAX_EVENTS) {
                events.removeLast();
            }
        }
    }

    private static String text(LogLine line) {
        String message = line.message();
        String text = message.length() <= MAX_LENGTH ? message : message.substring(0, MAX_LENGTH) + "...";
        return line.errorClass() == null ? text : text + ": " + line.errorClass();
    }

    /** An object with the list {@code events}, the latest one first. */
    public String json() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("events");
            synchronized (events) {
                for (Event event : events) {
                    json.writeStartObject();
                    json.writeStringField("time", event.time());
                    json.writeStringField("level", event.level().toString());
                    json.writeStringField("logger", event.logger());
                    json.writeStringField("event", event.name());
                    json.writeStringField("text", event.text());
                    json.writeEndObject();
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) { // of a writer in memory
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    @Override
    public void close() {
        root.detachAppender(this);
        stop();
    }
}

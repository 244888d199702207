package io.flowhub.ephemeral.server.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/**
 * Writes each event as one line: some texts come from a remote peer, and must not look like lines of the server. Only an
 * error has a stack trace; in text it follows, in lines that start with a tab.
 */
public final class LineEncoder extends EncoderBase<ILoggingEvent> {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private volatile LogSettings.Format format = LogSettings.Format.TEXT;

    /** Applies to all further lines. */
    void use(LogSettings.Format format) {
        this.format = format;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        LogLine line = LogLine.of(event);
        String text = format == LogSettings.Format.JSON ? json(line) : text(line);
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String text(LogLine line) {
        String name = line.event();
        String logger = line.logger();
        return TIME.format(line.of().getInstant())
                + String.format(" %-5s ", line.level())
                + (name == null ? logger.substring(logger.lastIndexOf('.') + 1) : name)
                + " " + EscapedText.of(line.message())
                + (line.error() == null ? "" : ": " + line.error())
                + (line.stack() == null ? "" : "\n" + line.stack());
    }

    private static String json(LogLine line) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("time", TIME.format(line.of().getInstant()));
            json.writeStringField("level", line.level().toString());
            json.writeStringField("logger", line.logger());
            if (line.event() != null) {
                json.writeStringField("event", line.event());
            }
            json.writeStringField("message", EscapedText.of(line.message()));
            if (!line.fields().isEmpty()) {
                json.writeObjectFieldStart("fields");
                for (Map.Entry<String, Object> field : line.fields().entrySet()) {
                    json.writeFieldName(field.getKey());
                    writeValue(json, field.getValue());
                }
                json.writeEndObject();
            }
            if (line.error() != null) {
                json.writeStringField("error", line.error());
            }
            if (line.stack() != null) {
                json.writeStringField("stack", line.stack());
            }
            json.writeEndObject();
        } catch (IOException e) { // of a writer in memory
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static void writeValue(JsonGenerator json, Object value) throws IOException {
        if (value instanceof Integer || value instanceof Long) {
            json.writeNumber(((Number) value).longValue());
        } else {
            json.writeString(EscapedText.of(String.valueOf(value)));
        }
    }

    @Override
    public byte[] headerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
        return new byte[0];
    }
}

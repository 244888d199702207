package io.flowhub.ephemeral.server.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.flowhub.ephemeral.server.config.Configuration;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/** Every setting with its value and its origin, without the secrets. */
final class ConfigurationPage {

    private static final JsonFactory JSON = new JsonFactory();

    static Page of(List<Configuration.InForce> settings) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("settings");
            for (Configuration.InForce setting : settings) {
                json.writeStartObject();
                json.writeStringField("name", setting.name());
                json.writeStringField("value", setting.value());
                json.writeStringField("origin", setting.origin());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) { // of a writer in memory
            throw new UncheckedIOException(e);
        }
        return Page.json(text.toString());
    }

    private ConfigurationPage() {}
}

package io.flowhub.ephemeral.server.log;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.slf4j.event.Level;

/**
 * What is logged, and how.
 *
 * @param levels by logger: those of a package and all below it, which have no level of their own
 */
public record LogSettings(Format format, Level level, Map<String, Level> levels) {

    public static final SettingsGroup<LogSettings> GROUP = SettingsGroup.of("log", LogSettings::read);

    private static final Setting<Format> FORMAT = GROUP.setting(
            "format",
            Parsers.oneOf(Format.class),
            "text",
            "format of the log on standard error: text, or json with one object a line");
    private static final Setting<Level> LEVEL = GROUP.reloadable(
            "level",
            Parsers.oneOf(Level.class),
            "info",
            "least severe level that is logged: error, warn, info, debug or trace; libraries log from warn on, Redisson from"
                    + " error on; reloaded when the file changes");
    private static final Setting<Map<String, Level>> LEVELS = GROUP.reloadable(
            "levels",
            LogSettings::parseLevels,
            "{}",
            "other levels of single packages, such as {io.grpc: debug}; reloaded when the file changes");

    /** How a line is written. */
    public enum Format {
        TEXT,
        JSON
    }

    public LogSettings {
        levels = Collections.unmodifiableMap(new LinkedHashMap<>(levels));
    }

    private static LogSettings read(SettingReader reader) {
        return new LogSettings(reader.get(FORMAT), reader.get(LEVEL), reader.get(LEVELS));
    }

    private static Map<String, Level> parseLevels(Object value) {
        Function<Object, Level> parser = Parsers.oneOf(Level.class);
        Map<?, ?> fields = Parsers.mapOrYaml(value, "levels by package, such as {io.grpc: debug}");
        Map<String, Level> levels = new LinkedHashMap<>();
        fields.keySet()
                .forEach(name ->
                        levels.put(String.valueOf(name), Parsers.required(fields, String.valueOf(name), parser)));
        return levels;
    }
}

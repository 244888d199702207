package io.flowhub.ephemeral.server.config;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parsed values of all settings, each valid by itself. */
public final class SettingReader {

    private final Map<Setting<?>, Object> values;

    SettingReader(Map<Setting<?>, Object> values) {
        this.values = values;
    }

    /** The value of a setting that may be unset; null if it is. */
    @SuppressWarnings("unchecked") // Each value was made by the parser of its setting.
    public <T> @Nullable T find(Setting<T> setting) {
        return (T) values.get(setting);
    }

    /** The value of a setting that has a default. */
    public <T> T get(Setting<T> setting) {
        T value = find(setting);
        if (value == null) {
            throw new IllegalStateException(setting.name() + " has no default");
        }
        return value;
    }
}

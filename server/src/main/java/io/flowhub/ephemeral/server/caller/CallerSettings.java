package io.flowhub.ephemeral.server.caller;

import io.flowhub.ephemeral.server.config.Parsers;
import io.flowhub.ephemeral.server.config.Setting;
import io.flowhub.ephemeral.server.config.SettingReader;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the callers are listed.
 *
 * @param file null if every caller may call every RPC
 */
public record CallerSettings(@Nullable Path file) {

    public static final SettingsGroup<CallerSettings> GROUP = SettingsGroup.of("callers", CallerSettings::read);

    private static final Setting<Path> FILE = GROUP.setting(
            "file",
            Parsers.path(),
            "",
            "YAML file with the callers, their rights and their quotas, reloaded when it changes; without it every caller may call every RPC");

    private static CallerSettings read(SettingReader reader) {
        return new CallerSettings(reader.find(FILE));
    }
}
